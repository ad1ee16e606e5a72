/** What Amazon asks for a command, at list price. Source: the pricing page of AWS Systems Manager, read November 2026. */
import type { Executor } from '../port.ts'

/** An Automation step, beyond the 100,000 a month that are free. */
const STEP_MICRO_USD = 2_000
/** A second of a script inside a document. */
const SCRIPT_SECOND_MICRO_USD = 30
/** What a document is taken to have; nobody tells before it runs. */
const STEPS_ASSUMED = 10

/** Run Command is free; an Automation document is taken as ten steps, one of them a script that runs for the whole time limit. */
export const costMicroUsd: Executor['costMicroUsd'] = ({ automation, timeoutMs }) => (automation === null ? 0 : STEPS_ASSUMED * STEP_MICRO_USD + Math.ceil(timeoutMs / 1000) * SCRIPT_SECOND_MICRO_USD)
