/** What an AWS account of a company says about how it is reached, read and checked before anything is called. */
import type { CloudAccount, RemoteCommand } from '../port.ts'
import { addressMistake } from '../../cloud/field.ts'
import { ExecutorError } from '../port.ts'

/** How an account is reached. */
export interface AwsAccess {
  readonly companyId: string
  /** Twelve digits, from the role. */
  readonly accountId: string
  /** `aws`, `aws-cn` or `aws-us-gov`, from the role. */
  readonly partition: string
  readonly roleArn: string
  readonly externalId: string
  /** Where commands may be sent; nowhere else. */
  readonly regions: readonly string[]
  /** Bucket the machines write whole outputs to; null: none. */
  readonly outputBucket: string | null
  /** Log group the machines write whole outputs to; null: none. */
  readonly logGroup: string | null
  /** In place of Amazon's own addresses; null: those. */
  readonly endpoint: string | null
}

/** Under it the machines put their outputs in the bucket. */
export const OUTPUT_PREFIX = 'alert-whisperer'
/** Ids of instances and of managed nodes elsewhere. */
export const INSTANCE_ID = /^(i-([0-9a-f]{8}|[0-9a-f]{17})|mi-[0-9a-f]{17})$/
const ROLE_ARN = /^arn:(aws|aws-cn|aws-us-gov):iam::(\d{12}):role\/[\w+=,.@/-]{1,512}$/
const REGION = /^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/

/** Reads an account's fields. Throws `invalid`, with the field's name, for what cannot work. */
export function awsAccess({ companyId, fields }: Pick<CloudAccount, 'companyId' | 'fields'>): AwsAccess {
  const text = (name: string): string | null => (fields[name] === undefined || fields[name].trim() === '' ? null : fields[name].trim())
  const roleArn = text('roleArn') ?? usualRole(text('accountId') ?? '', text('regions') ?? '')
  const role = ROLE_ARN.exec(roleArn)
  if (role === null) throw new ExecutorError('invalid', 'the cloud account has neither a usable accountId nor a usable roleArn: store the account’s twelve digits, or the ARN of the role to assume')
  const externalId = text('externalId')
  if (externalId === null) throw new ExecutorError('invalid', 'the cloud account has no externalId: make the account again, it is given one')
  const regions = (text('regions') ?? '').split(',').map((region) => region.trim()).filter((region) => region !== '')
  if (regions.length === 0 || !regions.every((region) => REGION.test(region))) throw new ExecutorError('invalid', 'the cloud account names no region, or one that is none: store regions such as "eu-central-1, us-east-1"')
  const accountId = role[2] ?? ''
  if (text('accountId') !== null && text('accountId') !== accountId) throw new ExecutorError('invalid', 'accountId and the account in roleArn differ: correct one of them')
  const endpoint = text('endpoint')
  const mistake = endpoint === null ? null : addressMistake(endpoint)
  if (mistake !== null) throw new ExecutorError('invalid', `the endpoint of the cloud account ${mistake}`)
  return { companyId, accountId, partition: role[1] ?? 'aws', roleArn, externalId, regions, outputBucket: text('outputBucket'), logGroup: text('logGroup'), endpoint }
}

/** The role that the onboarding text makes, where no other is named. */
export function usualRole(accountId: string, regions: string): string {
  return `arn:${partitionOf(regions)}:iam::${accountId}:role/AlertWhisperer`
}

/** The part of Amazon's world that regions are in. */
export const partitionOf = (regions: string): string => (regions.trimStart().startsWith('cn-') ? 'aws-cn' : regions.trimStart().startsWith('us-gov-') ? 'aws-us-gov' : 'aws')

/** The region of a command's machine. Throws `invalid` where the account does not name it, or where the id is none of Amazon's. */
export function regionOf(access: AwsAccess, { target }: Pick<RemoteCommand, 'target'>): string {
  if (!access.regions.includes(target.region)) throw new ExecutorError('invalid', `the cloud account does not name the region ${target.region.slice(0, 40)}: add it to its regions, or correct the asset`)
  if (!INSTANCE_ID.test(target.instanceId)) throw new ExecutorError('invalid', `${target.instanceId.slice(0, 40)} is no id of an instance or managed node: correct the asset`)
  return target.region
}
