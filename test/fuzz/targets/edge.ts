import type { Corpus } from '../corpus.ts'
import type { Target } from '../target.ts'
export async function edgeTargets(_corpus: Corpus): Promise<Target[]> { return [] }
