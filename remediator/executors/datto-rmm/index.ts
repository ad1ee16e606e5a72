/**
 * Datto RMM: a quick job with the stored component that runs what it is handed. A job has no name of ours that it could be found by, so a command whose answer was lost is never
 * sent again; a job cannot be ended either.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../../../schemas/clock.ts'
import { CheckSteps, harmlessRun } from '../check-steps.ts'
import { ExecutorError, STARTS_WITHIN_MS, type CallContext, type Executor, type Progress, type RemoteCommand } from '../port.ts'
import { readEnd, VARIABLES } from './component.ts'
import { dattoMachines, readDevice, systemOf } from './machines.ts'
import { DattoSession, DattoTokens, type DattoWire } from './session.ts'

/** How the executor is made. */
export interface DattoExecutorOptions extends DattoWire {
  readonly clock: Clock
}

/** A variable of a component is a variable of the environment, which holds 32,767 characters on Windows; the script travels in base64. */
const SCRIPT_MAX_BYTES = 24_000
const TIMEOUT_MAX_MS = 3_600_000
const CHECK_WITHIN_MS = 180_000
const UID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

interface Results { readonly jobDeploymentStatus?: string; readonly componentResults?: readonly { readonly hasStdOut?: boolean; readonly hasStdErr?: boolean }[] }

/** Makes it. Tokens are kept in memory, for as long as it lives. */
export function dattoExecutor({ clock, ...wire }: DattoExecutorOptions): Executor {
  const tokens = new DattoTokens()
  const open = (context: CallContext): DattoSession => new DattoSession(context, tokens, clock, wire)
  const executor: Executor = {
    cloud: 'datto_rmm',
    capabilities: { systems: ['linux', 'windows'], automation: false, cancel: false, findsSent: false, timeoutMaxMs: TIMEOUT_MAX_MS, scriptMaxBytes: SCRIPT_MAX_BYTES },

    async send(command, context) {
      const session = open(context)
      const { script, componentUid } = parts(session, command)
      const device = await readDevice(session, command.target.instanceId)
      if (device.online !== true || device.suspended === true) throw new ExecutorError('offline', `${command.target.asset} is not online in Datto RMM`)
      if (systemOf(device) !== command.system) throw new ExecutorError('invalid', `${command.target.asset} runs ${device.operatingSystem ?? 'an unknown system'}, not ${command.system}`)
      const variables = { [VARIABLES.script]: Buffer.from(script, 'utf8').toString('base64'), [VARIABLES.seconds]: String(Math.ceil(command.timeoutMs / 1_000)), [VARIABLES.before]: String(Math.floor((clock.now() + STARTS_WITHIN_MS.datto_rmm) / 1_000)) }
      const { job } = await session.call<{ job?: { readonly uid?: string } }>('making a quick job', 'PUT', `/v2/device/${command.target.instanceId}/quickjob`, {
        changes: true, body: { jobName: `alert-whisperer ${command.token}`, jobComponent: { componentUid, variables: Object.entries(variables).map(([name, value]) => ({ name, value })) } },
      })
      if (job?.uid === undefined || job.uid === '') throw new ExecutorError('unavailable', 'making a quick job: the answer names no job', { sent: 'unknown' })
      return { jobUid: job.uid }
    },

    async find() {
      return 'unknown'
    },

    async poll(ref, { target }, context): Promise<Progress> {
      const session = open(context)
      const path = `/v2/job/${encodeURIComponent(ref.jobUid ?? '')}/results/${encodeURIComponent(target.instanceId)}`
      const { jobDeploymentStatus: status = 'Pending', componentResults: [component] = [] } = await session.call<Results>('asking how a job goes', 'GET', path)
      if (status === 'Expired' || status === 'Retired') return { kind: 'ended', outcome: 'undelivered', exitCode: null, stdout: '', stderr: '', isTruncated: false, message: `the job is ${status.toLowerCase()} in Datto RMM` }
      if (status !== 'Success' && status !== 'Warning' && status !== 'Failure') return { kind: 'going', stdout: '', stderr: '' }
      const stdout = component?.hasStdOut === false ? '' : await streamOf(session, `${path}/stdout`)
      const { exitCode, isRefused, stderr } = readEnd(component?.hasStdErr === false ? '' : await streamOf(session, `${path}/stderr`))
      if (isRefused) return { kind: 'ended', outcome: 'undelivered', exitCode: null, stdout, stderr, isTruncated: false, message: 'the component did not begin: the job came too late, or its variables are not as they should be' }
      const outcome = exitCode === 124 || exitCode === 137 ? 'timed_out' : exitCode === null ? (status === 'Failure' ? 'failed' : 'ok') : exitCode === 0 ? 'ok' : 'failed'
      return { kind: 'ended', outcome, exitCode: outcome === 'timed_out' ? null : exitCode, stdout, stderr, isTruncated: false, message: exitCode === null ? 'the component told no exit code; is it the text this program gives?' : null }
    },

    async cancel() {
      throw new ExecutorError('invalid', 'a job in Datto RMM cannot be ended; it ends by its time limit')
    },

    // Jobs stay in the device's history, which is the MSP's record.
    async clean() {},

    async machines(query, context) {
      return dattoMachines(open(context), query)
    },

    async check(context, machine) {
      const session = open(context)
      const steps = new CheckSteps()
      await steps.step('credentials', async () => {
        await session.token(undefined, true)
        return 'key and secret are taken'
      })
      await steps.step('machines', async () => `${(await dattoMachines(session, { text: null, tag: null })).length} devices of the site are seen, 50 are shown at most`)
      await steps.step('components', async () => {
        const { linux, windows } = session.settings.components
        if (linux === null && windows === null) throw new ExecutorError('invalid', 'no component is named; store the text of the onboarding page as a component and set linuxComponent or windowsComponent to its uid')
        return `${[linux === null ? [] : 'linux', windows === null ? [] : 'windows'].flat().join(' and ')} can be run`
      })
      if (machine !== null) {
        await steps.step('command', async () => {
          await harmlessRun(executor, context, clock, machine, CHECK_WITHIN_MS)
          return 'the harmless command ran'
        })
      }
      return steps.check
    },

    // One API key reaches every site of the MSP, so the accounts of many companies are one there.
    countedBy: ({ fields }) => createHash('sha256').update(JSON.stringify([fields.endpoint ?? '', fields.platform ?? '', fields.apiKey ?? ''])).digest('hex').slice(0, 32),

    costMicroUsd: () => 0,
  }
  return executor
}

async function streamOf(session: DattoSession, path: string): Promise<string> {
  const parts = await session.call<readonly { readonly stdData?: string }[]>('reading the output of a job', 'GET', path)
  return parts.map(({ stdData = '' }) => stdData).join('')
}

/** What a command must have to be sent; anything else is refused before a call. */
function parts(session: DattoSession, { target, token, script, automation, system, timeoutMs }: RemoteCommand): { readonly script: string; readonly componentUid: string } {
  if (automation !== null || script === null) throw new ExecutorError('invalid', 'Datto RMM runs scripts only, no Automation documents')
  if (Buffer.byteLength(script) > SCRIPT_MAX_BYTES) throw new ExecutorError('invalid', `the script is longer than ${SCRIPT_MAX_BYTES} bytes`)
  if (timeoutMs > TIMEOUT_MAX_MS) throw new ExecutorError('invalid', 'the time limit is longer than an hour')
  if (!UID.test(target.instanceId)) throw new ExecutorError('invalid', `machine ${target.asset} has no uid of a device`)
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(token)) throw new ExecutorError('invalid', 'the token of the command is none')
  const componentUid = session.settings.components[system]
  if (componentUid === null) throw new ExecutorError('invalid', `the account names no component for ${system}; store one and set ${system}Component`)
  return { script, componentUid }
}
