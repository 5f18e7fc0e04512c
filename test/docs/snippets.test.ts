import { describe, expect, it } from "vitest";
import { isRun, makeReader, PAGES, snippetsOf } from "../support/snippets.ts";

describe("documentation snippets", () => {
  // The snippets of the other pages run in snippets.long.test.ts.
  it("run in order, exactly as they are written in README.md", async () => {
    const reader = await makeReader();
    for (const snippet of snippetsOf("README.md").filter(isRun)) await reader.run(snippet);
  });

  it("are either run by the tests (more than ten snippets) or marked with the reason why they are not run", () => {
    const all = PAGES.flatMap((page) => snippetsOf(page).map((snippet) => ({ page, ...snippet })));
    expect(all.filter(isRun).length).toBeGreaterThan(10);
    const left = all.filter(
      (snippet) => /^(sh|graphql)$/.test(snippet.language) && !isRun(snippet) && !/^\w+\.\w+$/.test(snippet.info),
    );
    for (const { page, info } of left) expect(info, page).toMatch(/^norun: \S+ .+/);
  });
});
