import { NativeSelect, TextInput } from "@mantine/core";
import { fieldsOf, read, write } from "./formText";

interface Props {
  text: string;
  onChange: (text: string) => void;
  readOnly: boolean;
}

/** The commonest lines of a rule as a form; the code beside it is the same text. */
export function RuleForm({ text, onChange, readOnly }: Props) {
  return (
    <div className="rule-form">
      {fieldsOf(text).map(({ key, label, choices }) => {
        const value = read(text, key);
        const shared = { key, label, disabled: readOnly || value === null };
        if (value !== null && choices && (value === "" || choices.includes(value))) {
          return (
            <NativeSelect
              {...shared}
              key={key}
              size="xs"
              data={["", ...choices]}
              value={value}
              onChange={(e) => onChange(write(text, key, e.currentTarget.value))}
            />
          );
        }
        return (
          <TextInput
            {...shared}
            key={key}
            value={value ?? ""}
            placeholder={value === null ? "spans lines: edit it in the code" : ""}
            onChange={(e) => onChange(write(text, key, e.currentTarget.value))}
          />
        );
      })}
    </div>
  );
}
