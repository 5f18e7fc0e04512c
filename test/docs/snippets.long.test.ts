import { describe, it } from "vitest";
import { isRun, makeReader, PAGES, snippetsOf } from "../support/snippets.ts";

describe("documentation snippets", () => {
  const pages = PAGES.filter((page) => page !== "README.md" && snippetsOf(page).some(isRun));

  it.each(pages)("run in order, exactly as they are written in %s", async (page) => {
    const reader = await makeReader();
    for (const snippet of snippetsOf(page).filter(isRun)) await reader.run(snippet);
  });
});
