import type { ReactNode } from "react";

export interface Column<T> {
  key: string;
  title: ReactNode;
  /** A CSS grid track, such as `90px` or `minmax(200px, 1fr)`. */
  width: string;
  render: (row: T) => ReactNode;
  align?: "right";
  /** The order this column asks of the server. */
  sort?: string;
  /** Left out while a row is open beside the table. */
  spare?: boolean;
}

export interface Props<T> {
  label: string;
  rows: T[];
  columns: Column<T>[];
  id: (row: T) => string;
  onOpen?: (row: T) => void;
  openId?: string | null;
  selected?: Set<string>;
  onSelect?: (ids: Set<string>) => void;
  sort?: string;
  onSort?: (sort: string) => void;
  /** Called when the end comes near, to load the next page. */
  onEnd?: () => void;
  /** Height in rows when the table does not fill its parent. */
  most?: number;
  keys?: boolean;
  onCursor?: (row: T | undefined) => void;
  /** One cell across all columns, for rows that head a group. */
  wide?: (row: T) => ReactNode;
  /** Whether moving onto this row opens it while another is open; all do when not given. */
  follows?: (row: T) => boolean;
}
