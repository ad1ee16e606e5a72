/** Says each minute which test files have been at it for long, and which test or hook of them: a run that is cut off has then named what it hung in. */
import { relative } from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

const LOOK_EVERY_MS = 60_000
const LONG_MS = 120_000

/** A file under way: since when, and the tests and hooks of it that have begun and not ended, each with its own beginning. */
interface UnderWay {
  readonly sinceMs: number
  readonly open: Map<string, number>
}

type HookContext = Parameters<NonNullable<Reporter['onHookStart']>>[0]

/** A reporter beside the default one; it prints nothing while every file is short. `now` in milliseconds. */
export class SlowFiles implements Reporter {
  readonly #files = new Map<string, UnderWay>()
  readonly #now: () => number
  readonly #say: (line: string) => void
  #timer: NodeJS.Timeout | undefined

  constructor(now: () => number = () => performance.now(), say: (line: string) => void = (line) => console.log(line)) {
    this.#now = now
    this.#say = say
  }

  onTestRunStart(): void {
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS)
    this.#timer.unref()
  }

  onTestRunEnd(): void {
    clearInterval(this.#timer)
    this.#files.clear()
  }

  /** Loading a file counts: an import can hang as well. */
  onTestModuleQueued(file: TestModule): void {
    this.#files.set(file.moduleId, { sinceMs: this.#now(), open: new Map() })
  }

  onTestModuleEnd(file: TestModule): void {
    this.#files.delete(file.moduleId)
  }

  onTestCaseReady(test: TestCase): void {
    this.#files.get(test.module.moduleId)?.open.set(test.fullName, this.#now())
  }

  onTestCaseResult(test: TestCase): void {
    this.#files.get(test.module.moduleId)?.open.delete(test.fullName)
  }

  onHookStart(hook: HookContext): void {
    const { file, name } = placeOf(hook)
    this.#files.get(file.moduleId)?.open.set(name, this.#now())
  }

  onHookEnd(hook: HookContext): void {
    const { file, name } = placeOf(hook)
    this.#files.get(file.moduleId)?.open.delete(name)
  }

  /** Prints one line for each file that has been under way for more than two minutes. */
  look(): void {
    const now = this.#now()
    const seconds = (sinceMs: number): string => `${Math.round((now - sinceMs) / 1_000)} s`
    for (const [id, { sinceMs, open }] of this.#files) {
      if (now - sinceMs <= LONG_MS) continue
      const what = [...open].map(([name, beganMs]) => `${name} (${seconds(beganMs)})`).join('; ') || 'no test of it has begun, or it is between two'
      this.#say(`still running after ${seconds(sinceMs)}: ${relative(process.cwd(), id)}: ${what}`)
    }
  }
}

function placeOf({ name, entity }: HookContext): { file: TestModule; name: string } {
  const file = entity.type === 'module' ? entity : entity.module
  return { file, name: entity.type === 'module' ? name : `${name} of ${entity.fullName}` }
}
