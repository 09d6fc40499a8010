import { Button } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useState } from "react";
import { useMay } from "../api/session";
import { Page } from "../parts/Page";
import { QueryBox } from "../parts/QueryBox";
import { Tabs } from "../parts/Tabs";
import { refang } from "../subject/kinds";
import { useUrl } from "../url/state";
import { Feeds } from "./Feeds";
import { ImportDialog } from "./ImportDialog";
import { Indicators } from "./Indicators";
import { LookupResult } from "./LookupResult";
import { Warninglists } from "./Warninglists";

const TABS = [
  { key: "lookup", title: "Look up" },
  { key: "indicators", title: "Indicators" },
  { key: "feeds", title: "Feeds" },
  { key: "warninglists", title: "Warninglists" },
];

export function Intel() {
  const { get, set } = useUrl();
  const may = useMay("intel:write");
  const [importing, setImporting] = useState(false);
  const tab = get("tab", "lookup");
  return (
    <Page
      title="Intel"
      actions={
        may && (
          <Button leftSection={<IconUpload size={14} />} onClick={() => setImporting(true)}>
            Import
          </Button>
        )
      }
    >
      <div className="column">
        <Tabs tabs={TABS} at={tab} onPick={(key) => set({ tab: key })} />
        {tab === "lookup" && (
          <>
            <div className="toolbar">
              <QueryBox
                value={get("value")}
                onRun={(value) => set({ value: refang(value) })}
                placeholder="An address, domain, URL or hash; defanged is fine"
              />
            </div>
            <div className="scroll">
              <LookupResult value={get("value")} />
            </div>
          </>
        )}
        {tab === "indicators" && <Indicators />}
        {tab === "feeds" && <Feeds />}
        {tab === "warninglists" && <Warninglists />}
      </div>
      <ImportDialog opened={importing} onClose={() => setImporting(false)} />
    </Page>
  );
}
