/** Descriptions that leave out how a vendor refuses. */
import type { CallJudge } from '../openapi.ts'

/** A judge that takes these statuses though the description does not have them; everything else of the call is held to it all the same. `why`: where each is known from. */
export function withRefusals(judge: CallJudge, why: Readonly<Record<number, string>>): CallJudge {
  return {
    isThere: judge.isThere,
    judge: (call) => judge.judge(call)?.filter((fault) => !(call.status in why && fault.endsWith(`answers ${call.status}, which the description does not have`))) ?? null,
  }
}
