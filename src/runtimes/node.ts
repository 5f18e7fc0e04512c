import { ConfigError, parseConfig } from "../config/config.ts";
import { startQuickly } from "./quickStart.ts";

startQuickly();
const { serve } = await import("./serve.ts");

try {
  await serve(parseConfig(process.env), (stop) => {
    let isStopping = false;
    for (const signal of ["SIGTERM", "SIGINT"]) {
      process.on(signal, () => {
        if (isStopping) process.exit(1);
        isStopping = true;
        stop();
      });
    }
  });
  process.exit(0);
} catch (error) {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : `Cannot start: ${error instanceof Error ? error.message : error}`}\n`,
  );
  process.exit(1);
}
