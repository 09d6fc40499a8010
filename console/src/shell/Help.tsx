import { Modal } from "@mantine/core";
import { HELP } from "../keys/help";

export function Help({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size="lg">
      <div style={{ columns: 2, columnGap: 28 }}>
        {HELP.map(([title, keys]) => (
          <section key={title} style={{ breakInside: "avoid", marginBottom: 14 }}>
            <b>{title}</b>
            <dl className="facts" style={{ marginTop: 4, gridTemplateColumns: "84px 1fr" }}>
              {keys.map(([key, meaning]) => (
                <div key={key} style={{ display: "contents" }}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
