/** How long a notice stays that is read, or that offers something: slow readers need 20 seconds (WCAG 2.2.1). */
export const READ_MS = 20_000;
