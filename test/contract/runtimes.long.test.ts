import { contractSuite } from "./suite.ts";
import { TARGETS } from "./targets.ts";

const name = "workerd on sqld";
const make = TARGETS[name];
if (make) contractSuite(name, make, { short: true });
