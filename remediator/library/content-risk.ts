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

/** Words that change files, settings or services, whatever its author says of a step. A script's own folder is its own. */
const CHANGING: Readonly<Record<System, RegExp>> = {
  linux: /(?<=^|[\n;|&({]|\b(?:then|do|else)\s)\s*(?:(?:command|exec|nohup|xargs(?:\s+-\S+)*|(?:aw_timed|timeout)\s+(?:-\S+\s+)*\S+)\s+)*(?:aw_remove|aw_sweep|(?:rm|rmdir|mv|cp|ln|install|tee|truncate|shred|unlink|touch|mkdir)\s+(?=\S)(?!(?:-\S+\s+)*"?\$\{?AW_DIR)|(?:chmod|chown|chgrp|chattr|setfacl|modprobe|rmmod|swapon|sysctl\s+(?:-\S+\s+)*-w|sed\s+(?:-\S+\s+)*-\w*i|systemctl\s+(?:--\S+\s+)*(?:start|reload\S*|try-\S+|enable|unmask|set-\S+|edit|revert))(?![\w-]))|\bfind\b[^\n;|]*\s-(?:delete|exec(?:dir)?\s+(?:rm|mv|cp|truncate|ch\w+))\b|(?<![<>&\d])>{1,2}\s*"?(?!\$\{?AW_DIR|\/dev\/(?:null|stdout|stderr))[$/]/,
  windows: /\b(?:(?:Remove|Move|Copy|Rename|New|Set)-Item(?:Property)?|(?:Set|Add|Clear)-Content|Out-File|Clear-\w+|Start-(?:Service|Process|WebAppPool)|Remove-AwFile|(?:New|Set|Remove)-CimInstance|(?:Enable|Disable|Register|Unregister)-\w+)\b|\[(?:System\.)?IO\.(?:File|Directory)\]::(?:Delete|Move|Copy|Replace|Write|Create|Append|Set)\w*/i,
}

/** What a runbook deserves: low when it only looks, medium when it changes something, high when it may end services, work or data, or when nobody can read what it does. */
export function deservedRisk({ steps, rollback, verify }: Pick<Runbook, 'steps' | 'rollback' | 'verify'>): DeservedRisk {
  // The probe is run as well, and most often.
  const probe = verify === null ? [] : [{ id: 'verify', shell: verify.shell, automation: null, changes: false }]
  const found = [...steps, ...rollback, ...probe].flatMap((part) => [...changing(part), ...said(part)])
  return { risk: found.reduce<Risk>((risk, one) => higherRisk(risk, one.risk), 'low'), reasons: found.map(({ reason }) => reason) }
}

/** Throws `forbidden` where somebody who is no MSP Admin gives a runbook of their own a lower risk than its content deserves. */
export function requireDeservedRisk(runbook: Runbook, isMspAdmin: boolean): void {
  const { risk, reasons } = deservedRisk(runbook)
  if (isMspAdmin || riskRank(runbook.risk) >= riskRank(risk)) return
  throw new AppError('forbidden', `the risk of ${runbook.id} is ${runbook.risk}, but its content deserves ${risk} (${reasons.slice(0, 3).join('; ')}); write risk: ${risk}, or ask an MSP Admin to save it with a lower one`)
}

type Part = Pick<RunbookStep, 'id' | 'shell' | 'automation' | 'changes'>

function changing(step: Part): { risk: Risk; reason: string }[] {
  if (step.automation !== null) return [{ risk: 'high', reason: `step ${step.id} runs the document ${step.automation.document}, whose content is not part of the runbook` }]
  return step.changes ? [{ risk: 'medium', reason: `step ${step.id} changes something` }] : []
}

/** What the words of its scripts say. */
function said(step: Part): { risk: Risk; reason: string }[] {
  return Object.entries(step.shell ?? {}).flatMap(([name, { file, text }]): readonly { risk: Risk; reason: string }[] => {
    const system: System = name === 'windows' ? 'windows' : 'linux'
    const { plain, code } = system === 'windows' ? powershellViews(text) : shellViews(text)
    const [words] = HEAVY[system].exec(plain) ?? []
    if (words !== undefined) return [{ risk: 'high', reason: `${file} has "${words.trim()}"` }]
    const [change] = step.changes ? [] : CHANGING[system].exec(system === 'windows' ? plain : code) ?? []
    return change === undefined ? [] : [{ risk: 'medium', reason: `${file} has "${change.trim()}"` }]
  })
}
