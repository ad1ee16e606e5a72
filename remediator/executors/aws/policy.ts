/** The session policy of a run: what the assumed role may do is cut down to one machine and one document. */
import type { AwsAccess } from './access.ts'
import { OUTPUT_PREFIX } from './access.ts'

/** Documents that run scripts; both are Amazon's own. */
export const SHELL_DOCUMENT = 'AWS-RunShellScript'
export const POWERSHELL_DOCUMENT = 'AWS-RunPowerShellScript'
/** A parameter by which a document runs under a role of its own. */
export const ASSUME_ROLE_PARAMETER = 'AutomationAssumeRole'

interface Statement { readonly Effect: 'Allow'; readonly Action: string | readonly string[]; readonly Resource: string | readonly string[] }
const written = (statements: readonly Statement[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements })

/** Rights to send one document to one machine, to follow and end it, and to read its output. */
export function scriptPolicy(access: AwsAccess, region: string, instanceId: string, document: string): string {
  const { partition, accountId } = access
  const machine = instanceId.startsWith('mi-') ? `arn:${partition}:ssm:${region}:${accountId}:managed-instance/${instanceId}` : `arn:${partition}:ec2:${region}:${accountId}:instance/${instanceId}`
  return written([
    { Effect: 'Allow', Action: 'ssm:SendCommand', Resource: [machine, `arn:${partition}:ssm:${region}::document/${document}`] },
    // These know no narrower resource.
    { Effect: 'Allow', Action: ['ssm:GetCommandInvocation', 'ssm:ListCommands', 'ssm:CancelCommand'], Resource: '*' },
    ...(access.outputBucket === null ? [] : [{ Effect: 'Allow' as const, Action: 's3:GetObject', Resource: `arn:${partition}:s3:::${access.outputBucket}/${OUTPUT_PREFIX}/*` }, { Effect: 'Allow' as const, Action: 's3:ListBucket', Resource: `arn:${partition}:s3:::${access.outputBucket}` }]),
    ...(access.logGroup === null ? [] : [{ Effect: 'Allow' as const, Action: 'logs:GetLogEvents', Resource: `arn:${partition}:logs:${region}:${accountId}:log-group:${access.logGroup}:*` }]),
  ])
}

/**
 * Rights to start one Automation document and to follow and end it; null where the document would run its steps under this very session, whose rights
 * may then not be cut: it does unless it is handed a role of its own.
 */
export function automationPolicy(access: AwsAccess, region: string, document: string, parameters: Readonly<Record<string, string>>): string | null {
  const role = parameters[ASSUME_ROLE_PARAMETER]
  if (role === undefined || role === '') return null
  const { partition, accountId } = access
  return written([
    { Effect: 'Allow', Action: 'ssm:StartAutomationExecution', Resource: [`arn:${partition}:ssm:${region}:*:automation-definition/${document}:*`, `arn:${partition}:ssm:${region}:*:document/${document}`] },
    { Effect: 'Allow', Action: ['ssm:GetAutomationExecution', 'ssm:StopAutomationExecution', 'ssm:DescribeAutomationExecutions'], Resource: '*' },
    { Effect: 'Allow', Action: 'iam:PassRole', Resource: role.startsWith('arn:') ? role : `arn:${partition}:iam::${accountId}:role/${role}` },
  ])
}

/** Rights to look and nothing else. */
export function lookUpPolicy(): string {
  return written([{ Effect: 'Allow', Action: ['ssm:DescribeInstanceInformation', 'ssm:ListCommands'], Resource: '*' }])
}
