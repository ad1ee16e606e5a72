/** The risk that what a runbook does deserves, read off its scripts: what people may say of their own runbooks is measured against it. */
import { AppError } from '../../schemas/errors.ts'
import { higherRisk, riskRank, type Risk, type Runbook, type RunbookStep, type System } from '../../schemas/runbooks.ts'
import { powershellViews, shellViews } from './script-text.ts'

/** A risk and what in the runbook speaks for it. */
export interface DeservedRisk {
  readonly risk: Risk
  readonly reasons: readonly string[]
}

/** Words that end services, people's work or data, or change who may do what. */
const HEAVY: Readonly<Record<System, RegExp>> = {
  linux: /\b(?:aw_unit_call|systemctl\s+(?:--\S+\s+)*(?:stop|restart|kill|disable|mask|isolate|reboot|poweroff)|service\s+\S+\s+(?:stop|restart)|invoke-rc\.d|(?:p?kill|killall|fuser\s+-\w*k\w*)\b|reboot|shutdown|poweroff|halt|init\s+[06]|mkfs|mkswap|swapoff|fdisk|parted|wipefs|dd\s|lv\w+|vg\w+|umount|mount\s|fsck|user(?:add|del|mod)|passwd|chpasswd|visudo|iptables|nft|ufw|firewall-cmd|setenforce|rm\s+(?:-\S+\s+)*-\w*[rR]\w*|chown\s+-\w*R\w*|chmod\s+-\w*R\w*|(?:apt-get|apt|dnf|yum|zypper|apk|pip3?|npm)\s+(?:-\S+\s+)*(?:install|upgrade|dist-upgrade|full-upgrade|update|remove|purge)|docker\s+(?:rm|stop|restart|kill)|kubectl\s+(?:delete|drain|cordon|rollout|scale|apply|patch)|crontab)(?![\w-])|\b(?:DROP|TRUNCATE|DELETE\s+FROM|ALTER|pg_terminate_backend|FLUSHALL|FLUSHDB)\b/,
  windows: /\b(?:Restart-Service|Stop-Service|Restart-Computer|Stop-Computer|Stop-Process|Suspend-Service|Set-Service|Remove-Service|Restart-WebAppPool|Stop-WebAppPool|iisreset|net(?:\.exe)?\s+stop|sc(?:\.exe)?\s+(?:stop|config|delete)|taskkill|shutdown|Format-Volume|Clear-Disk|Initialize-Disk|Remove-Partition|diskpart|vssadmin|bcdedit|Set-ExecutionPolicy|Set-MpPreference|(?:New|Remove|Set|Disable)-LocalUser|(?:Add|Remove)-LocalGroupMember|(?:New|Remove|Set)-AD\w+|Set-NetFirewall\w+|Install-\w+|Uninstall-\w+|msiexec|wusa|Remove-Item\b[^\n]*-Rec\w*|Set-Acl|icacls|takeown|Dismount-\w+|Move-DatabaseAvailabilityGroup\w*|reg(?:\.exe)?\s+delete)\b/i,
}

/** What a runbook deserves: low when it only looks, medium when it changes something, high when it may end services, work or data, or when nobody can read what it does. */
export function deservedRisk(runbook: Pick<Runbook, 'steps' | 'rollback'>): DeservedRisk {
  const steps = [...runbook.steps, ...runbook.rollback]
  const found = steps.flatMap((step) => [...changing(step), ...heavy(step)])
  return { risk: found.reduce<Risk>((risk, one) => higherRisk(risk, one.risk), 'low'), reasons: found.map(({ reason }) => reason) }
}

/** Throws `forbidden` where somebody who is no MSP Admin gives a runbook of their own a lower risk than its content deserves. */
export function requireDeservedRisk(runbook: Runbook, isMspAdmin: boolean): void {
  const { risk, reasons } = deservedRisk(runbook)
  if (isMspAdmin || riskRank(runbook.risk) >= riskRank(risk)) return
  throw new AppError('forbidden', `the risk of ${runbook.id} is ${runbook.risk}, but its content deserves ${risk} (${reasons.slice(0, 3).join('; ')}); write risk: ${risk}, or ask an MSP Admin to save it with a lower one`)
}

function changing(step: RunbookStep): { risk: Risk; reason: string }[] {
  if (step.automation !== null) return [{ risk: 'high', reason: `step ${step.id} runs the document ${step.automation.document}, whose content is not part of the runbook` }]
  return step.changes ? [{ risk: 'medium', reason: `step ${step.id} changes something` }] : []
}

function heavy(step: RunbookStep): { risk: Risk; reason: string }[] {
  return Object.entries(step.shell ?? {}).flatMap(([system, { file, text }]) => {
    const isWindows = system === 'windows'
    const { plain } = isWindows ? powershellViews(text) : shellViews(text)
    const [words] = HEAVY[isWindows ? 'windows' : 'linux'].exec(plain) ?? []
    return words === undefined ? [] : [{ risk: 'high' as const, reason: `${file} has "${words.trim()}"` }]
  })
}
