import { Button, Modal } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import type { Dashboard } from "../../api/dashboards";
import { type Schedule, useReports, useSchedules } from "../../api/reports";
import { Empty, Loaded } from "../../parts/State";
import { ReportList } from "./ReportList";
import { ScheduleForm } from "./ScheduleForm";
import { ScheduleList } from "./ScheduleList";
import "./reports.css";

interface Props {
  dashboard: Dashboard;
  /** The filters that are shown; a new schedule begins with them. */
  filters: string[];
  onClose: () => void;
}

/** When reports of a dashboard are made, for whom, and those that were made. */
export function Reports({ dashboard, filters, onClose }: Props) {
  const [form, setForm] = useState<Schedule | "new" | null>(null);
  const title = form === null ? `Reports of ${dashboard.title}` : form === "new" ? "New schedule" : `Change ${form.name}`;
  return (
    <Modal opened onClose={form === null ? onClose : () => setForm(null)} title={title} size="min(1080px, 96vw)">
      {form === null ? (
        <Overview dashboard={dashboard} onForm={setForm} />
      ) : (
        <ScheduleForm
          dashboard={dashboard}
          filters={filters}
          schedule={form === "new" ? undefined : form}
          onClose={() => setForm(null)}
        />
      )}
    </Modal>
  );
}

function Overview({ dashboard, onForm }: { dashboard: Dashboard; onForm: (one: Schedule | "new") => void }) {
  const schedules = useSchedules(dashboard.id);
  const reports = useReports(dashboard.id);
  const running = new Set(reports.data?.items.filter((one) => one.ended_at === null).map((one) => one.schedule));
  const { refetch } = schedules;
  const busy = running.size;
  // What became of the last report shows as soon as it has ended.
  useEffect(() => {
    if (busy === 0) void refetch();
  }, [busy, refetch]);
  return (
    <div className="reports">
      <header>
        <h3>Schedules</h3>
        <Button leftSection={<IconPlus size={14} />} onClick={() => onForm("new")} data-autofocus>
          Add a schedule
        </Button>
      </header>
      <Loaded query={schedules} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No report of this dashboard is made by itself yet">
              A schedule makes one, say on Mondays at seven of the week before, as PDF, picture or page. It is kept here and
              sent to the channels you name: mail takes the file along. It is made with what you may read at that time.
            </Empty>
          ) : (
            <ScheduleList schedules={items} running={running} onEdit={onForm} />
          )
        }
      </Loaded>
      <header>
        <h3>Made</h3>
      </header>
      <Loaded query={reports} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing was made yet">
              {schedules.data?.items.length
                ? "Run a schedule now to see what it makes."
                : "What schedules make is listed here, to be downloaded again."}
            </Empty>
          ) : (
            <ReportList dashboard={dashboard.id} reports={items} />
          )
        }
      </Loaded>
    </div>
  );
}
