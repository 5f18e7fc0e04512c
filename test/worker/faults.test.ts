import { describe } from "vitest";
import { SHORT, testFaults } from "../support/faultRuns.ts";

// The other kinds of faults, and mixtures of all kinds, are tested in faults.long.test.ts.
describe("faulty source answer", () => testFaults(SHORT));
