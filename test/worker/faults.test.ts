import { describe } from "vitest";
import { SHORT, testFaults } from "../support/faultRuns.ts";

// The other kinds, and mixtures of all: faults.long.test.ts.
describe("faulty source answer", () => testFaults(SHORT));
