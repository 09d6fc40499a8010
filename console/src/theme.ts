import { createTheme, type MantineColorsTuple } from "@mantine/core";

const slate: MantineColorsTuple = [
  "#d5d9e2",
  "#b3bac8",
  "#98a1b2",
  "#6f7888",
  "#444c5b",
  "#333b49",
  "#252c38",
  "#1a202b",
  "#141922",
  "#0e1219",
];

/** Dense, flat and quiet: colour is kept for what it says. */
export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 7, dark: 5 },
  colors: { dark: slate },
  fontFamily: 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "19px" },
  defaultRadius: "sm",
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { size: "compact-sm", variant: "default", fw: 500 } },
    ActionIcon: { defaultProps: { size: "sm", variant: "subtle", color: "gray" } },
    TextInput: { defaultProps: { size: "xs" } },
    PasswordInput: { defaultProps: { size: "sm" } },
    Textarea: { defaultProps: { size: "xs", autosize: true, minRows: 2, maxRows: 12 } },
    Select: { defaultProps: { size: "xs", allowDeselect: false, comboboxProps: { shadow: "none" } } },
    NumberInput: { defaultProps: { size: "xs" } },
    TagsInput: { defaultProps: { size: "xs" } },
    FileInput: { defaultProps: { size: "xs" } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    Checkbox: { defaultProps: { size: "xs" } },
    Switch: { defaultProps: { size: "xs" } },
    Badge: { defaultProps: { size: "sm", variant: "light", radius: "sm" } },
    Tooltip: { defaultProps: { openDelay: 350, withArrow: true } },
    Modal: { defaultProps: { centered: false, size: "md", transitionProps: { duration: 80 } } },
    Menu: { defaultProps: { shadow: "sm", transitionProps: { duration: 60 } } },
    Tabs: { defaultProps: { keepMounted: false } },
  },
});
