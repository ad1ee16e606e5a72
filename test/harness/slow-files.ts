/** Says each minute which test files have been at it for long, and which test or hook of them: a run that is cut off has then named what it hung in. */
import { relative } from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

const LOOK_EVERY_MS = 60_000
const LONG_MS = 120_000

/** A test or hook that has begun. */
interface Begun {
  readonly atMs: number
  /** The test it is or belongs to: what ended at once may be told before it began. */
  readonly test: TestCase | null
}

/** A file under way: since when, and what of it has begun and not ended. */
interface UnderWay {
  readonly sinceMs: number
  readonly open: Map<string, Begun>
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
    this.#files.get(test.module.moduleId)?.open.set(test.fullName, { atMs: this.#now(), test })
  }

  onTestCaseResult(test: TestCase): void {
    this.#files.get(test.module.moduleId)?.open.delete(test.fullName)
  }

  onHookStart(hook: HookContext): void {
    const { file, name } = placeOf(hook)
    this.#files.get(file.moduleId)?.open.set(name, { atMs: this.#now(), test: hook.entity.type === 'test' ? hook.entity : null })
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
      const what = [...open].filter(([, { test }]) => test === null || test.result().state === 'pending').map(([name, { atMs }]) => `${name} (${seconds(atMs)})`).join('; ') || 'no test of it has begun, or it is between two'
      this.#say(`still running after ${seconds(sinceMs)}: ${relative(process.cwd(), id)}: ${what}`)
    }
  }
}

function placeOf({ name, entity }: HookContext): { file: TestModule; name: string } {
  const file = entity.type === 'module' ? entity : entity.module
  return { file, name: entity.type === 'module' ? name : `${name} of ${entity.fullName}` }
}
