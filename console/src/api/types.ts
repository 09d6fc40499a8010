/** The shapes the platform's REST API speaks. */
export type * from "./types/base";
export type * from "./types/desk";
export type * from "./types/knowledge";
export type * from "./types/log";
export type * from "./types/notify";
