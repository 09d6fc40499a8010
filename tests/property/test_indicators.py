"""Properties of values that are recognised, normalised, extracted and held in sets of networks."""

from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import InvalidError
from tocsin.intel.extract import Extractor
from tocsin.intel.kinds import KINDS, normalise
from tocsin.intel.networks import Networks
from tocsin.intel.recognise import Recogniser

RECOGNISER = Recogniser()
EXTRACTOR = Extractor(RECOGNISER)

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
DOMAINS = st.builds(
    lambda labels, top: ".".join([*labels, top]),
    st.lists(LABEL, min_size=1, max_size=4),
    st.sampled_from(["com", "net", "co.uk", "de"]),
)
ADDRESSES = st.ip_addresses().map(str)
URLS = st.builds(
    lambda host, path: f"http://{host}/{path}", DOMAINS, st.from_regex(r"[a-z0-9/._-]{0,20}", fullmatch=True)
)


@given(st.sampled_from(KINDS), st.text() | DOMAINS | ADDRESSES | URLS)
def test_normalising_twice_changes_nothing(kind: str, text: str) -> None:
    """A normalised value is its own normal form, and nothing but `InvalidError` is ever raised."""
    try:
        once = normalise(kind, text)
    except InvalidError:
        return
    assert normalise(kind, once) == once


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    """Recogniser and extractor accept whatever text there is; what they find is normalised."""
    found = [RECOGNISER.recognise(text), *EXTRACTOR.in_text(text)]
    for each in found:
        if each is not None:
            assert normalise(each.kind, each.value) == each.value


@given(ADDRESSES | DOMAINS | URLS, st.sampled_from([" ", ", ", "\n", '"', "'", "<"]))
def test_value_is_found_within_text(value: str, border: str) -> None:
    """What is recognised alone is found with other text around it."""
    expected = RECOGNISER.recognise(value)
    if (
        expected is not None
        and value != "::"
        and not value.startswith(("com.", "net."))
        and not value.endswith((".", "-"))
    ):
        assert expected in EXTRACTOR.in_text(f"seen{border}{value}{border}today")


@given(ADDRESSES | DOMAINS | URLS)
def test_defanged_value_is_the_same(value: str) -> None:
    """Defanging a value does not change what it is."""
    defanged = value.replace("http", "hxxp", 1).replace(".", "[.]")
    assert RECOGNISER.recognise(defanged) == RECOGNISER.recognise(value)


@given(st.lists(st.ip_addresses(v=4), max_size=8), st.integers(0, 32), st.ip_addresses(v=4))
def test_networks_agree_with_arithmetic(
    starts: list[ipaddress.IPv4Address], length: int, asked: ipaddress.IPv4Address
) -> None:
    """The set holds an address exactly when one of its networks does."""
    made = {ipaddress.ip_network((int(start), length), strict=False) for start in starts}
    found = set(Networks(map(str, made)).holding(str(asked)))
    assert found == {str(network) for network in made if asked in network}
