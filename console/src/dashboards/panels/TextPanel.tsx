import Markdown from "markdown-to-jsx";
import type { ReactNode } from "react";

/** Markdown without HTML, pictures, or links to anywhere but pages; whoever wrote it cannot run anything here. */
export function TextPanel({ text }: { text: string }) {
  return (
    <div className="scroll dash-text">
      <Markdown
        options={{
          disableParsingRawHTML: true,
          forceBlock: true,
          overrides: { a: { component: SafeLink }, img: { component: NoPicture } },
        }}
      >
        {text}
      </Markdown>
    </div>
  );
}

function SafeLink({ href, children }: { href?: string; children?: ReactNode }) {
  const target = href ?? "";
  const isOurs = /^\/(?!\/)/.test(target);
  if (!isOurs && !/^https?:\/\//i.test(target)) return <span>{children}</span>;
  return (
    <a href={target} rel="noopener noreferrer nofollow" target={isOurs ? undefined : "_blank"} title={target}>
      {children}
    </a>
  );
}

/** A picture would be asked of another host by everybody who looks. */
function NoPicture({ alt }: { alt?: string }) {
  return <span className="dim">[picture: {alt ?? ""}]</span>;
}
