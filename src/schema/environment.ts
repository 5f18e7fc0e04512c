import { ENVIRONMENTS } from "../db/tables/values.ts";
import { builder } from "./builder.ts";

export const EnvironmentEnum = builder.enumType("Environment", {
  description:
    "Separates real data from trial data: the jobs and lineups of one environment never affect the jobs and lineups " +
    "of the other environment.",
  values: ENVIRONMENTS,
});

const environment = { type: EnvironmentEnum, required: true, defaultValue: "PRODUCTION" } as const;

type Builder = typeof builder;
type QueryFields = Parameters<Parameters<Builder["queryFields"]>[0]>[0];
type InputFields = Parameters<Parameters<Builder["inputType"]>[1]["fields"]>[0];

/** Declares the argument `environment` of a field; the default is PRODUCTION. @param description Replaces the usual description. */
export const environmentArg = (t: Pick<QueryFields, "arg">, description?: string) =>
  t.arg(description === undefined ? environment : { ...environment, description });

/**
 * Declares the argument `environment` of a field that leads from one object to another. By default, the environment of the parent object
 * applies.
 */
export const inheritedArg = (t: Pick<QueryFields, "arg">) =>
  t.arg({
    type: EnvironmentEnum,
    description: "Default: the environment of the parent object, or PRODUCTION if it has none.",
  });

/** Declares the field `environment` of an input; the default is PRODUCTION. */
export const environmentField = (t: Pick<InputFields, "field">) => t.field(environment);
