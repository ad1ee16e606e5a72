import { readCorpus } from './corpus.ts'
import type { Target } from './target.ts'
import { adapterTargets } from './targets/adapters.ts'
import { doorTargets } from './targets/doors.ts'
import { edgeTargets } from './targets/edge.ts'
import { growthTargets } from './targets/growth.ts'
import { mappingTargets } from './targets/mapping.ts'
import { parserTargets } from './targets/parsers.ts'
import { SMALL_TARGETS } from './targets/small.ts'
import { stageTarget } from './targets/stage.ts'

/** Every target; those whose names hold `only` where it is given. Throws where none does. */
export async function createTargets(only: string | null = null): Promise<readonly Target[]> {
  const corpus = readCorpus()
  const all = [...adapterTargets(corpus), ...parserTargets(corpus), ...mappingTargets(corpus), ...SMALL_TARGETS, ...doorTargets(corpus), await stageTarget(corpus), ...await edgeTargets(corpus), ...growthTargets(corpus)]
  const chosen = only === null ? all : all.filter(({ name }) => name.includes(only))
  if (chosen.length === 0) throw new Error(`no target is called ${only ?? ''}; there are ${all.map(({ name }) => name).join(', ')}`)
  return chosen
}
