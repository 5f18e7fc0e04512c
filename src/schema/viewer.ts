import type { Caller, Role } from "../config/roles.ts";
import { builder, describedEnum } from "./builder.ts";

export const RoleEnum = describedEnum<Uppercase<Role>>("Role", "What a token may do.", {
  VIEWER: "May read.",
  OPERATOR: "May also start, pause, resume and cancel jobs, edit schedules, and make the server ask sources.",
  ADMIN: "May also manage credentials, tokens and webhooks.",
});

const ViewerRef = builder.objectRef<Caller>("Viewer").implement({
  description: "The caller of this request.",
  fields: (t) => ({
    name: t.exposeString("name", {
      description: "The name of the token; `anonymous` if the server requires no token.",
    }),
    role: t.field({
      type: RoleEnum,
      description: "What the caller may do.",
      resolve: ({ role }) => role.toUpperCase() as Uppercase<Role>,
    }),
  }),
});

builder.queryField("viewer", (t) =>
  t.field({
    type: ViewerRef,
    description: "The caller of this request, with name and role.",
    resolve: (_, __, { caller }) => caller,
  }),
);
