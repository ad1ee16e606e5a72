/** What a company does in its AWS account so that runs can work there, with the texts to copy. */
import { OUTPUT_PREFIX } from '../../executors/aws/access.ts'
import { partitionOf, usualRole } from '../../executors/aws/access.ts'
import { POWERSHELL_DOCUMENT, SHELL_DOCUMENT } from '../../executors/aws/policy.ts'
import { listOf, pretty, type Step } from './step.ts'

/** Written where this program does not know who it is. */
export const OWN_ROLE_UNKNOWN = 'arn:aws:iam::<account of the MSP>:role/<role this program runs under>'

/** Who may assume the role: this program's own identity, with the external id of this account and none other. */
export function trustPolicy(externalId: string, principal: string): object {
  return {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'AlertWhispererAssumes', Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole', Condition: { StringEquals: { 'sts:ExternalId': externalId } } },
      // Tags name company, run and runbook; without this right the call above is refused too.
      { Sid: 'AlertWhispererTags', Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:TagSession', Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['company', 'run', 'runbook'] } } },
    ],
  }
}

/** What the role may do: scripts by two documents of Amazon's, following and ending them, looking at machines, reading outputs. */
export function permissionPolicy(fields: Readonly<Record<string, string>>): object {
  const { accountId, partition, regions } = placeOf(fields)
  const inRegions = { StringEquals: { 'aws:RequestedRegion': regions } }
  const { outputBucket, logGroup } = fields
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'SendScripts', Effect: 'Allow', Action: 'ssm:SendCommand',
        Resource: regions.flatMap((region) => [
          `arn:${partition}:ec2:${region}:${accountId}:instance/*`, `arn:${partition}:ssm:${region}:${accountId}:managed-instance/*`, `arn:${partition}:ssm:${region}::document/${SHELL_DOCUMENT}`, `arn:${partition}:ssm:${region}::document/${POWERSHELL_DOCUMENT}`,
        ]),
      },
      { Sid: 'FollowAndFind', Effect: 'Allow', Action: ['ssm:GetCommandInvocation', 'ssm:ListCommands', 'ssm:CancelCommand', 'ssm:DescribeInstanceInformation'], Resource: '*', Condition: inRegions },
      ...(outputBucket === undefined ? [] : [
        { Sid: 'ReadOutputs', Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:${partition}:s3:::${outputBucket}/${OUTPUT_PREFIX}/*` },
        // Without it an output that is not there yet looks like one that may not be read. Reading a key asks for it without a prefix, which a plain StringLike refuses.
        { Sid: 'SeeOutputs', Effect: 'Allow', Action: 's3:ListBucket', Resource: `arn:${partition}:s3:::${outputBucket}`, Condition: { StringLikeIfExists: { 's3:prefix': `${OUTPUT_PREFIX}/*` } } },
      ]),
      ...(logGroup === undefined ? [] : [{ Sid: 'ReadOutputLogs', Effect: 'Allow', Action: 'logs:GetLogEvents', Resource: regions.map((region) => `arn:${partition}:logs:${region}:${accountId}:log-group:${logGroup}:*`) }]),
    ],
  }
}

/** Only for companies whose runbooks start Automation documents. */
export function automationPermissions(fields: Readonly<Record<string, string>>): object {
  const { partition, regions } = placeOf(fields)
  return {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'StartDocuments', Effect: 'Allow', Action: 'ssm:StartAutomationExecution', Resource: regions.flatMap((region) => [`arn:${partition}:ssm:${region}:*:automation-definition/<document>:*`, `arn:${partition}:ssm:${region}:*:document/<document>`]) },
      { Sid: 'FollowDocuments', Effect: 'Allow', Action: ['ssm:GetAutomationExecution', 'ssm:StopAutomationExecution', 'ssm:DescribeAutomationExecutions'], Resource: '*', Condition: { StringEquals: { 'aws:RequestedRegion': regions } } },
    ],
  }
}

/** The steps. `principal` is who this program is for Amazon. */
export function awsSteps(fields: Readonly<Record<string, string>>, principal: string | null): readonly Step[] {
  const { accountId, partition, regions, roleName } = placeOf(fields)
  const { outputBucket, logGroup } = fields
  const own = principal ?? OWN_ROLE_UNKNOWN
  return [
    {
      title: 'Make the role', code: pretty(trustPolicy(fields['externalId'] ?? '', own)),
      text: `In account ${accountId}, make the IAM role ${roleName} with this trust policy. The external id is of this cloud account alone. ${principal === null ? 'Put the ARN of the role that Alert Whisperer runs under in the place of Principal; `aws sts get-caller-identity` on its machine tells it. ' : ''}As a command: aws iam create-role --role-name ${roleName} --max-session-duration 3600 --assume-role-policy-document file://trust.json`,
    },
    { title: 'Give it the least it needs', code: pretty(permissionPolicy(fields)), text: `Attach this policy: aws iam put-role-policy --role-name ${roleName} --policy-name alert-whisperer --policy-document file://permissions.json. To keep machines out, put a condition such as "ssm:resourceTag/AlertWhisperer": "yes" on SendScripts; each run narrows these rights further, to one machine and one document.` },
    {
      title: 'Let machines take commands', code: `arn:${partition}:iam::aws:policy/AmazonSSMManagedInstanceCore`,
      text: `Each EC2 instance needs an instance profile with this managed policy, and a way to the Systems Manager service in ${regions.join(', ')} (port 443 outwards, or VPC endpoints for ssm, ssmmessages and ec2messages). Default Host Management does it for a whole account. Machines elsewhere are registered with a hybrid activation: aws ssm create-activation --iam-role <service role> --region ${regions[0] ?? ''}`,
    },
    { title: 'Install the agent on Linux', code: LINUX_AGENT, text: 'Amazon Linux 2 and 2023, Ubuntu Server and the AMIs of SUSE have it already. Elsewhere one of these; on machines outside Amazon add the activation as the last lines say.' },
    { title: 'Install the agent on Windows', code: WINDOWS_AGENT, text: 'AMIs of Windows Server 2016 and newer have it already. Elsewhere, in a PowerShell with administrator rights:' },
    ...(outputBucket === undefined && logGroup === undefined ? [{
      title: 'Whole outputs (optional)', code: null, text: 'An output longer than 24,000 bytes is cut, and with it the last line in which a script tells its result. To have outputs whole, name an outputBucket or a logGroup in this cloud account and read this text again.',
    }] : [{
      title: 'Let machines write whole outputs', code: pretty(machineOutputPolicy(fields)),
      text: `Add this policy to the role of the instance profile (and to the service role of hybrid machines).${outputBucket === undefined ? ` Make the log group in each region: aws logs create-log-group --log-group-name ${logGroup ?? ''}` : ` Give the bucket a lifecycle rule that removes ${OUTPUT_PREFIX}/ after the days you want to keep outputs; this program keeps its own copy in the run and never deletes there.`}`,
    }]),
    { title: 'Automation documents (optional)', code: pretty(automationPermissions(fields)), text: 'Only when a runbook starts Automation documents: name each document in the place of <document>. Steps of a document run with the rights of this role, unless it has a parameter AutomationAssumeRole and the runbook gives one; then the role here needs iam:PassRole on that one.' },
    { title: 'Check', code: null, text: 'Run the check with an instance id: it assumes the role, makes sure that it is refused without the external id, lists machines, and runs a command that only prints a line. Switch the account on when it has passed.' },
  ]
}

function machineOutputPolicy({ outputBucket, logGroup, ...fields }: Readonly<Record<string, string>>): object {
  const { accountId, partition, regions } = placeOf(fields)
  return {
    Version: '2012-10-17',
    Statement: [
      ...(outputBucket === undefined ? [] : [{ Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:${partition}:s3:::${outputBucket}/${OUTPUT_PREFIX}/*` }, { Effect: 'Allow', Action: 's3:GetEncryptionConfiguration', Resource: `arn:${partition}:s3:::${outputBucket}` }]),
      ...(logGroup === undefined ? [] : [{ Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'], Resource: regions.map((region) => `arn:${partition}:logs:${region}:${accountId}:log-group:${logGroup}:*`) }, { Effect: 'Allow', Action: 'logs:DescribeLogGroups', Resource: '*' }]),
    ],
  }
}

function placeOf(fields: Readonly<Record<string, string>>): { readonly accountId: string; readonly partition: string; readonly regions: readonly string[]; readonly roleName: string } {
  const regions = listOf(fields['regions'])
  const role = fields['roleArn'] ?? usualRole(fields['accountId'] ?? '', fields['regions'] ?? '')
  return { accountId: role.split(':')[4] ?? '', partition: partitionOf(fields['regions'] ?? ''), regions, roleName: role.split('/').at(-1) ?? '' }
}

/** An ARN that a trust policy takes: of the role behind a session, not of the session. */
export function principalOf(arn: string): string {
  const session = /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn)
  return session === null ? arn : `arn:${session[1] ?? 'aws'}:iam::${session[2] ?? ''}:role/${session[3] ?? ''}`
}

const LINUX_AGENT = `# Debian, Ubuntu (Ubuntu Server images have it as snap: snap install amazon-ssm-agent --classic)
curl -fsSLO https://s3.amazonaws.com/ec2-downloads-windows/SSMAgent/latest/debian_amd64/amazon-ssm-agent.deb && sudo dpkg -i amazon-ssm-agent.deb
# Red Hat, Alma, Rocky, Oracle, SUSE
sudo dnf install -y https://s3.amazonaws.com/ec2-downloads-windows/SSMAgent/latest/linux_amd64/amazon-ssm-agent.rpm
sudo systemctl enable --now amazon-ssm-agent
# outside Amazon, once:
sudo systemctl stop amazon-ssm-agent
sudo amazon-ssm-agent -register -code "<activation code>" -id "<activation id>" -region "<region>"
sudo systemctl start amazon-ssm-agent`
const WINDOWS_AGENT = `Invoke-WebRequest https://s3.amazonaws.com/ec2-downloads-windows/SSMAgent/latest/windows_amd64/AmazonSSMAgentSetup.exe -OutFile $env:TEMP\\SSMAgent.exe
Start-Process $env:TEMP\\SSMAgent.exe -ArgumentList /S -Wait
Restart-Service AmazonSSMAgent
# outside Amazon, in place of the second line:
Start-Process $env:TEMP\\SSMAgent.exe -ArgumentList '/q','/log','install.log','CODE=<activation code>','ID=<activation id>','REGION=<region>' -Wait`
