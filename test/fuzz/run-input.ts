import { Random } from './random.ts'
import type { Note, Target } from './target.ts'

/** The input of a target with a number: the same for the same seed on every machine. */
export async function runInput(target: Target, seed: string, input: number, note: Note): Promise<void> {
  await target.run(new Random(`${seed} ${target.name} ${input}`), note)
}
