/** The program as production runs it: every role a process of its own, some of them twice, over servers that they share. */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROLE_NAMES, type RoleName } from '../../app/roles/names.ts'
import { freePort } from '../services/ports.ts'
import type { Addresses } from '../services/services.ts'
import { Program } from './process.ts'

/** Where all five servers are. */
export type Servers = Addresses & { readonly CLICKHOUSE_URL: string }

/** One process, named by its role and its number among those of the role: `process-2`. */
export interface Member {
  readonly name: string
  readonly role: RoleName
  readonly program: Program
}

/** All processes of one installation. */
export class Installation {
  readonly members: readonly Member[]

  private constructor(members: readonly Member[]) {
    this.members = members
  }

  /** One process for each role, or as many as `copies` says; not started yet. */
  static async of(servers: Servers, copies: Partial<Readonly<Record<RoleName, number>>> = {}, env: Readonly<Record<string, string>> = {}): Promise<Installation> {
    const shared = { ...servers, AW_ADMIN_TOKEN: randomUUID(), AW_MASTER_KEY: randomBytes(32).toString('base64'), ...env }
    const members: Member[] = []
    for (const role of ROLE_NAMES) {
      for (let number = 1; number <= (copies[role] ?? 1); number++) {
        const program = new Program({ args: ['role', role], port: await freePort(), dataDir: mkdtempSync(join(tmpdir(), `aw-${role}-`)), env: shared })
        members.push({ name: `${role}-${number}`, role, program })
      }
    }
    return new Installation(members)
  }

  /** The first process of a role. */
  program(role: RoleName): Program {
    return this.members.find((member) => member.role === role)!.program
  }

  /** Starts all of them at once, as a machine that boots does. */
  async start(): Promise<void> {
    await Promise.all(this.members.map(({ program }) => program.start()))
  }

  /** Asks all of them to stop; the exit codes by name. */
  async stop(): Promise<Readonly<Record<string, number | null>>> {
    return Object.fromEntries(await Promise.all(this.members.map(async ({ name, program }) => [name, await program.stop()] as const)))
  }

  /** Names of those that have ended by themselves, each with what it said last. */
  dead(): readonly string[] {
    return this.members.filter(({ program }) => !program.isRunning).map(({ name, program }) => `${name}: ${program.output.slice(-2_000)}`)
  }

  /** Ends all of them and removes what they kept. */
  async remove(): Promise<void> {
    await Promise.all(this.members.map(({ program }) => program.remove()))
  }
}
