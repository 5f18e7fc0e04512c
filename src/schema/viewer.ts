import type { Caller, Role } from "../config/roles.ts";
import { builder, describedEnum } from "./builder.ts";

export const RoleEnum = describedEnum<Uppercase<Role>>("Role", "What a token may do.", {
  VIEWER: "It reads.",
  OPERATOR: "It also starts, pauses and cancels jobs, and has sources asked.",
  ADMIN: "It also looks after credentials, tokens and webhooks.",
});

const ViewerRef = builder.objectRef<Caller>("Viewer").implement({
  description: "Who sends this request.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "The name of the token; anonymous where the server wants none." }),
    role: t.field({
      type: RoleEnum,
      description: "What it may do.",
      resolve: ({ role }) => role.toUpperCase() as Uppercase<Role>,
    }),
  }),
});

builder.queryField("viewer", (t) =>
  t.field({
    type: ViewerRef,
    description: "Who sends this request, and what it may do.",
    resolve: (_, __, { caller }) => caller,
  }),
);
