"""The rules of `values` stated for DuckDB, as macros every connection that runs our SQL must hold."""

from __future__ import annotations

from tocsin.query.values import DATE, LONGEST_NUMBER, MICROSECONDS, NUMBER

OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
"""A number of an IPv4 address, without leading zeros, in RE2."""
_IPV4 = rf"({OCTET}\.){{3}}{OCTET}"
_GROUPS = "([0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4})*)"

# Most numbers are whole and written as they would be: telling so costs a fifth of the pattern.
_NUMBER_KEY = f"""
CREATE OR REPLACE MACRO number_key(x) AS CASE
  WHEN TRY_CAST(x AS BIGINT)::VARCHAR = x THEN TRY_CAST(x AS BIGINT)::DOUBLE
  WHEN TRY_CAST(x AS DOUBLE) IS NOT NULL AND isfinite(TRY_CAST(x AS DOUBLE))
   AND length(x) <= {LONGEST_NUMBER} AND regexp_full_match(x, '{NUMBER}')
  THEN TRY_CAST(x AS DOUBLE) END
"""

_DATE_KEY = rf"""
CREATE OR REPLACE MACRO date_key(x) AS CASE
  WHEN regexp_full_match(x, '{MICROSECONDS}') THEN TRY_CAST(x AS BIGINT)
  WHEN regexp_full_match(x, '{DATE}')
  THEN epoch_us(TRY_CAST(regexp_replace(x, '(\.[0-9]{{6}})[0-9]+', '\1') AS TIMESTAMPTZ)) END
"""

_IPV4_HEX = """
CREATE OR REPLACE MACRO ipv4_hex(x) AS printf('%02x%02x%02x%02x',
  TRY_CAST(split_part(x, '.', 1) AS INTEGER), TRY_CAST(split_part(x, '.', 2) AS INTEGER),
  TRY_CAST(split_part(x, '.', 3) AS INTEGER), TRY_CAST(split_part(x, '.', 4) AS INTEGER))
"""

# A macro's argument is written out at each of its uses, so what is used often is bound once by a lambda:
# written out, an address took longer to plan than to compare.

# `a:b::1.2.3.4` with its last 32 bits written as two groups.
_IPV6_PLAIN = rf"""
CREATE OR REPLACE MACRO ipv6_plain(x) AS CASE
  WHEN regexp_matches(x, ':{_IPV4}$')
  THEN regexp_replace(x, '[0-9.]+$', '') || list_transform([regexp_extract(x, '[0-9.]+$')],
    lambda v4: list_transform([ipv4_hex(v4)], lambda hex: left(hex, 4) || ':' || right(hex, 4))[1])[1]
  ELSE x END
"""

_GROUPS_HEX = """
CREATE OR REPLACE MACRO groups_hex(x) AS CASE WHEN x = '' THEN ''
  ELSE array_to_string(list_transform(string_split(x, ':'), lambda g: lpad(g, 4, '0')), '') END
"""

_IPV6_HEX = f"""
CREATE OR REPLACE MACRO ipv6_hex(x) AS lower(CASE
  WHEN regexp_full_match(x, '{_GROUPS}')
  THEN list_transform([groups_hex(x)], lambda hex: CASE WHEN len(hex) = 32 THEN hex END)[1]
  WHEN regexp_full_match(x, '{_GROUPS}?::{_GROUPS}?')
  THEN list_transform([[groups_hex(split_part(x, '::', 1)), groups_hex(split_part(x, '::', 2))]],
    lambda ends: CASE WHEN len(ends[1]) + len(ends[2]) <= 28
      THEN rpad(ends[1], (32 - len(ends[2]))::INTEGER, '0') || ends[2] END)[1] END)
"""

_ADDRESS_KEY = f"""
CREATE OR REPLACE MACRO address_key(x) AS CASE
  WHEN regexp_full_match(x, '{_IPV4}') THEN '00000000000000000000ffff' || ipv4_hex(x)
  WHEN contains(x, ':') AND length(x) <= 45
  THEN list_transform([ipv6_plain(x)], lambda plain: ipv6_hex(plain))[1] END
"""

MACROS = (
    _NUMBER_KEY,
    _DATE_KEY,
    _IPV4_HEX,
    _IPV6_PLAIN,
    _GROUPS_HEX,
    _IPV6_HEX,
    _ADDRESS_KEY,
)
"""Statements to run once on a connection, whose time zone must be UTC."""
