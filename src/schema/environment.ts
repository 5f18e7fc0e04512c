import { ENVIRONMENTS } from "../db/tables/values.ts";
import { builder } from "./builder.ts";

export const EnvironmentEnum = builder.enumType("Environment", {
  description: "Jobs and lineups of one environment never touch those of another.",
  values: ENVIRONMENTS,
});
