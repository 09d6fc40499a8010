import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";

export interface Mark {
  line: number;
  reason: string;
  kind: "error" | "warning";
}

interface Props {
  value: string;
  label: string;
  onChange: (text: string) => void;
  marks?: Mark[];
  readOnly?: boolean;
}

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "light-dark(#0b5cad, #74c0fc)" },
  { tag: [tags.string, tags.special(tags.string)], color: "light-dark(#1f6b35, #8ce99a)" },
  { tag: [tags.number, tags.bool, tags.keyword, tags.atom], color: "light-dark(#8a4b08, #e8b27a)" },
  { tag: tags.comment, color: "var(--dim)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.separator], color: "var(--dim)" },
]);

const LOOK = EditorView.theme({
  "&": { height: "100%", fontSize: "12.5px" },
  ".cm-scroller": { fontFamily: "var(--mantine-font-family-monospace)", lineHeight: "1.5" },
  ".cm-gutters": { background: "var(--panel)", color: "var(--dim)", border: "none" },
  ".cm-content": { caretColor: "light-dark(#000, #fff)" },
  ".cm-cursor": { borderLeftColor: "light-dark(#000, #fff)" },
  ".cm-activeLine": { background: "var(--hover)" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { background: "var(--chosen) !important" },
  ".cm-tooltip": { background: "var(--panel)", border: "1px solid var(--line)", color: "inherit" },
});

function diagnostics(state: EditorState, marks: Mark[]): Diagnostic[] {
  return marks.map(({ line, reason, kind }) => {
    const at = state.doc.line(Math.max(1, Math.min(line || 1, state.doc.lines)));
    return { from: at.from, to: at.to, severity: kind, message: reason };
  });
}

/** A YAML editor; what is wrong with the text is marked at its line. Esc then Tab leaves it. */
export function YamlEditor({ value, label, onChange, marks, readOnly }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const tell = useRef(onChange);
  tell.current = onChange;
  const first = useRef(value);
  useEffect(() => {
    if (!box.current) return;
    const made = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          lineNumbers(),
          history(),
          indentOnInput(),
          bracketMatching(),
          highlightActiveLine(),
          lintGutter(),
          yaml(),
          syntaxHighlighting(COLOURS),
          LOOK,
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
          EditorState.readOnly.of(readOnly ?? false),
          keymap.of([...defaultKeymap.filter((one) => one.key !== "Mod-Enter"), ...historyKeymap, indentWithTab]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) tell.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [label, readOnly]);
  useEffect(() => {
    const at = view.current;
    if (at && at.state.doc.toString() !== value) {
      at.dispatch({ changes: { from: 0, to: at.state.doc.length, insert: value } });
    }
  }, [value]);
  useEffect(() => {
    const at = view.current;
    if (at) at.dispatch(setDiagnostics(at.state, diagnostics(at.state, marks ?? [])));
  }, [marks]);
  return <div ref={box} className="editor" />;
}
