/** What the decoder remembers: names, numbers and ids. */
export type HermesState = {
  /** True when the session's own row has been seen. */
  readonly isOpen: boolean;
  /** True when it says of itself that it is a branch of its parent. */
  readonly isBranch: boolean;
  readonly source: string | null;
  readonly model: string | null;
  readonly parent: string | null;
  readonly parentEnd: string | null;
  /** The last record that the parent had. */
  readonly parentLast: number | null;
  /** What was last said about the parent. */
  readonly told: string | null;
  /** Tokens by the database's column. */
  readonly usage: Readonly<Record<string, number>>;
  /** Calls of the latest answer that have no result yet, and results that had to be matched by their place. */
  readonly waiting: readonly string[];
  readonly matched: readonly (readonly [record: string, call: string])[];
};

export const initialState: HermesState = {
  isOpen: false,
  isBranch: false,
  source: null,
  model: null,
  parent: null,
  parentEnd: null,
  parentLast: null,
  told: null,
  usage: {},
  waiting: [],
  matched: [],
};
