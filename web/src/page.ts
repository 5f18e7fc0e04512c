export type Environment = "PRODUCTION" | "TEST";

/** What the viewer's token may do. */
export type Role = "VIEWER" | "OPERATOR" | "ADMIN";

/** What all views go by. */
export type Page = {
  league: string;
  environment: Environment;
  isOperator: boolean;
  isAdmin: boolean;
  firstDate: string;
  /** The last date of the league that may have lineups; before the season it comes before the first one. */
  lastDate: string;
  seasonEnd: string;
};

/** The league that every ledger knows from its first start. */
export const DEMO = "demo.l.1";
