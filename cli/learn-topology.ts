/** `aw learn-topology`: a dependency graph read off alerts of the past, for a person to look at and post. */
import { writeFileSync } from 'node:fs'
import { learnTopology, type LearnedTopology } from '../correlator/learn-topology.ts'
import { percent, table } from './output.ts'

const SHOWN = 10

/** Learns and writes the graph. */
export async function learnTopologyFile(alerts: string, out: string): Promise<LearnedTopology> {
  const learned = await learnTopology({ alerts })
  writeFileSync(out, `${JSON.stringify(learned, null, 1)}\n`)
  return learned
}

/** What was learned, as a person reads it. */
export function learnedText({ nodes, edges }: LearnedTopology, out: string): string {
  if (edges.length === 0) return `No asset follows another often enough to tell. ${out} holds an empty graph.`
  const rows = edges.slice(0, SHOWN).map(({ from, to, support, confidence, lift }) => [from, to, support, percent(confidence), lift])
  return [
    `${edges.length} dependencies of ${nodes.length} assets, in ${out}. The strongest:`, '',
    table(['depends', 'on', 'times', 'of its failures', 'times chance'], rows), '',
    `Look at it, try it with aw backtest --topology ${out}, and put it in force with aw topology ${out} --company <name>.`,
  ].join('\n')
}
