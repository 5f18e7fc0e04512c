import { ENVIRONMENTS } from "../db/tables/values.ts";
import { builder } from "./builder.ts";

export const EnvironmentEnum = builder.enumType("Environment", {
  description: "Jobs and lineups of one environment never touch those of another.",
  values: ENVIRONMENTS,
});

const environment = { type: EnvironmentEnum, required: true, defaultValue: "PRODUCTION" } as const;

type Builder = typeof builder;
type QueryFields = Parameters<Parameters<Builder["queryFields"]>[0]>[0];
type InputFields = Parameters<Parameters<Builder["inputType"]>[1]["fields"]>[0];

/** The argument `environment` of a field. @param description What it means there, where that is more than which one. */
export const environmentArg = (t: Pick<QueryFields, "arg">, description?: string) =>
  t.arg(description === undefined ? environment : { ...environment, description });

/** The argument of a link: what is reached through it is of the environment that it was reached from, unless a client says otherwise. */
export const inheritedArg = (t: Pick<QueryFields, "arg">) =>
  t.arg({ type: EnvironmentEnum, description: "Default: that of what it was reached from; else PRODUCTION." });

/** The field `environment` of an input. */
export const environmentField = (t: Pick<InputFields, "field">) => t.field(environment);
