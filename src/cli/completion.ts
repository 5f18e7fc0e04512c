import { Argument, type Command } from "commander";
import type { Io } from "./io.ts";
import { allCommands } from "./options.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** Adds `completion`, which prints a shell script that completes commands and options. */
export function completionCommand(program: Command, io: Io): void {
  program
    .command("completion")
    .description("Print a script that lets a shell complete commands and options")
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .addHelpText(
      "after",
      '\nExamples:\n  eval "$(lineups completion bash)"\n  lineups completion fish > ~/.config/fish/completions/lineups.fish\n',
    )
    .option("--json", "print the script in a line of JSON")
    .action((shell: (typeof SHELLS)[number], { json }: { json?: true }) => {
      const script = SCRIPTS[shell](completionTree(program));
      return io.out(json ? `${JSON.stringify({ result: { shell, script } })}\n` : script);
    });
}

/** The words that may follow each path of commands, such as "jobs" or "jobs list". Before the first command, the path is empty (""). */
type CompletionTree = { path: string; next: { word: string; description: string }[] }[];

function completionTree(program: Command): CompletionTree {
  return allCommands(program).map((command) => ({
    path: pathOf(command),
    next: [
      ...command.commands.map((child) => ({ word: child.name(), description: child.description() })),
      ...command.options.flatMap(({ long, description }) => (long ? [{ word: long, description }] : [])),
      { word: "--help", description: "show help" },
    ],
  }));
}

const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}`.trim() : "";

/**
 * The script of each shell. Only commands become part of the path; other words before the cursor, such as options and their values, are
 * skipped.
 */
const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], (words: CompletionTree) => string>> = {
  bash: (all) => `_lineups() {
  local path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${all
  .filter(({ path }) => path)
  .map(({ path }) => `      "${path.includes(" ") ? path : ` ${path}`}") path="${path}" ;;`)
  .join("\n")}
    esac
  done
  local next=""
  case "$path" in
${all.map(({ path, next }) => `    "${path}") next="${next.map(({ word }) => word).join(" ")}" ;;`).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$next" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _lineups lineups
`,
  zsh: (all) => `#compdef lineups
_lineups() {
  local path_="" word
  local -a next
  for word in "\${words[@]:1:$((CURRENT-2))}"; do
    case "$path_ $word" in
${all
  .filter(({ path }) => path)
  .map(({ path }) => `      "${path.includes(" ") ? path : ` ${path}`}") path_="${path}" ;;`)
  .join("\n")}
    esac
  done
  case "$path_" in
${all.map(({ path, next }) => `    "${path}") next=(${next.map(({ word, description }) => `'${word}:${description.replaceAll("'", "’").replaceAll(":", "\\:")}'`).join(" ")}) ;;`).join("\n")}
  esac
  _describe 'lineups' next || _files
}
compdef _lineups lineups
`,
  fish: (all) => {
    const lines = all.flatMap(({ path, next }) => {
      const parts = path.split(" ").filter(Boolean);
      const here =
        parts.length === 0
          ? "__fish_use_subcommand"
          : parts.map((part) => `__fish_seen_subcommand_from ${part}`).join("; and ");
      const children = next.filter(({ word }) => !word.startsWith("--")).map(({ word }) => word);
      const condition =
        parts.length > 0 && children.length > 0
          ? `${here}; and not __fish_seen_subcommand_from ${children.join(" ")}`
          : here;
      return next.map(({ word, description }) => {
        const text = description.replaceAll("'", "’");
        return word.startsWith("--")
          ? `complete -c lineups -n '${here}' -l ${word.slice(2)} -d '${text}'`
          : `complete -c lineups -f -n '${condition}' -a ${word} -d '${text}'`;
      });
    });
    return `${lines.join("\n")}\n`;
  },
};
