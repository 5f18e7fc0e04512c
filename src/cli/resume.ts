import type { Context } from "./context.ts";
import { type FollowOptions, stayWith } from "./follow.ts";
import type { Exit } from "./io.ts";

const RESUME = `mutation ($id: ID!) { resumeCollection(jobId: $id) { job { id progress { cursor } } } }`;

/** Resumes a job and follows it. */
export async function resume(ctx: Context, id: string, options: FollowOptions): Promise<Exit> {
  const begin = async () => {
    type Resumed = { resumeCollection: { job: { progress: { cursor: string } } } };
    const { resumeCollection } = await ctx.api.ask<Resumed>(RESUME, { id });
    return { ids: [id], after: resumeCollection.job.progress.cursor };
  };
  return stayWith(ctx, begin, options);
}
