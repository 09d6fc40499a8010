/** Colours that people who see fewer colours tell apart too (after Okabe and Ito), on light and on dark. */
export const COLOURS = ["#5c7cfa", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"];
/** What is none of the values named. */
export const REST = "#868e96";
