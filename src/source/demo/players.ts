/** A made-up player of the demo league, the same on every machine. */
export type DemoPlayer = {
  id: string;
  name: string;
  type: "B" | "P";
  /** The positions that the player may play besides Util, P, IL and NA. */
  positions: readonly string[];
  club: string;
  /** Whether the player is a prospect. On most days a prospect is not called up yet. */
  isProspect: boolean;
};

const FIRST =
  "Adrián Ben Carlos Dae-ho Émile Félix Gus Hideo Iván José Kenta Luis Mateo Nico Óscar Pat Quinn Rafael Søren Teo Ugo Vince Wil Xavi Yuki Zeke".split(
    " ",
  );
const LAST =
  "Abbott Báez Castellán Duarte Ellis Fujita García Hale Ibáñez Jansen Kovač Lindqvist Muñoz Nakamura Ortiz Peña Quiroga Rossi Šimić Tanaka Ueda Vega Walsh Yáñez Zapata".split(
    " ",
  );
const CLUBS =
  "ARI ATL BAL BOS CHC CIN CLE COL CWS DET HOU KC LAA LAD MIA MIL MIN NYM NYY OAK PHI PIT SD SEA SF STL TB TEX TOR WSH".split(
    " ",
  );

/** A roster has one player for each of these places; a player on no roster is a free agent. */
export const PLACES: readonly { type: "B" | "P"; positions: readonly string[]; isProspect?: true }[] = [
  { type: "B", positions: ["C"] },
  { type: "B", positions: ["C", "1B"] },
  { type: "B", positions: ["1B"] },
  { type: "B", positions: ["1B", "OF"] },
  { type: "B", positions: ["2B"] },
  { type: "B", positions: ["2B", "SS"] },
  { type: "B", positions: ["3B"] },
  { type: "B", positions: ["3B", "SS"] },
  { type: "B", positions: ["SS"] },
  { type: "B", positions: ["OF"] },
  { type: "B", positions: ["OF"] },
  { type: "B", positions: ["OF"] },
  { type: "B", positions: ["OF", "2B"] },
  { type: "B", positions: ["OF"] },
  { type: "P", positions: ["SP"] },
  { type: "P", positions: ["SP"] },
  { type: "P", positions: ["SP"] },
  { type: "P", positions: ["SP"] },
  { type: "P", positions: ["SP", "RP"] },
  { type: "P", positions: ["SP"] },
  { type: "P", positions: ["SP", "RP"] },
  { type: "P", positions: ["RP"] },
  { type: "P", positions: ["RP"] },
  { type: "P", positions: ["RP"] },
  { type: "P", positions: ["RP"] },
  { type: "B", positions: ["OF", "3B"], isProspect: true },
];

/**
 * How many player numbers are reserved for each place on the roster. Every place has fewer than PLAYERS_PER_PLACE players.
 */
const PLAYERS_PER_PLACE = 20;

/** The two-way player is listed as two players, a batter and a pitcher, who may belong to different teams (docs/yahoo.md, Positions). */
const TWO_WAY = {
  name: "Sho Ohnishi",
  club: "LAD",
  batter: { place: 9, index: 0, id: "1000001" },
  pitcher: { place: 14, index: 4, id: "1000002" },
};

/** Whether a player is the two-way player, who may be traded but is never dropped. */
export function isNeverDropped(place: number, index: number): boolean {
  return [TWO_WAY.batter, TWO_WAY.pitcher].some((half) => half.place === place && half.index === index);
}

/**
 * Returns a number from 0 to `below` - 1 that depends only on the parts. The number is computed from the parts' FNV-1a hash, whose bits are
 * mixed once more.
 */
export function draw(below: number, ...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const char of parts.join("|")) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % below;
}

/** Returns the player with the given index among the players for a place on the roster. */
export function demoPlayer(place: number, index: number): DemoPlayer {
  const { type, positions, isProspect = false } = PLACES[place] ?? { type: "B" as const, positions: [] };
  const plain = { type, positions, isProspect };
  if (place === TWO_WAY.batter.place && index === TWO_WAY.batter.index) {
    return { ...plain, id: TWO_WAY.batter.id, name: `${TWO_WAY.name} (Batter)`, club: TWO_WAY.club };
  }
  if (place === TWO_WAY.pitcher.place && index === TWO_WAY.pitcher.index) {
    return { ...plain, id: TWO_WAY.pitcher.id, name: `${TWO_WAY.name} (Pitcher)`, club: TWO_WAY.club };
  }
  const number = place * PLAYERS_PER_PLACE + index;
  // With 26 first and 25 last names, no full name repeats within 650 consecutive numbers. From one row of 26 numbers to the next, the last
  // names shift by 8, which has no common factor with 25.
  const row = Math.floor(number / FIRST.length);
  const name = `${FIRST[number % FIRST.length]} ${LAST[(row * 8 + (number % FIRST.length)) % LAST.length]}`;
  return { ...plain, id: String(9000 + number), name, club: CLUBS[draw(CLUBS.length, "club", number)] ?? "" };
}
