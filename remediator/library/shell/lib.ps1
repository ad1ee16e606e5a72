# Functions for the scripts of runbooks on Windows. PowerShell 5.1; sent in front of every script, without its comments. ASCII only.
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$script:AwChanges = New-Object 'System.Collections.Generic.List[string]'
$script:AwChangedCount = 0
$script:AwFacts = New-Object 'System.Collections.Specialized.OrderedDictionary'
$script:AwInputs = @{}

function ConvertTo-AwText {
    param([AllowNull()][object]$Value, [int]$Length)
    $Text = ([string]$Value) -replace '[\x00-\x1f\x7f]', ' '
    if ($Text.Length -gt $Length) { $Text = $Text.Substring(0, $Length) }
    # Not half of a character at the end.
    if (($Text.Length -gt 0) -and [char]::IsHighSurrogate($Text, $Text.Length - 1)) { $Text = $Text.Substring(0, $Text.Length - 1) }
    return $Text
}

# The one line that is read back, in ASCII whatever the code page is. A letter that is not ASCII takes six characters, and a cloud cuts what is above 4 KB: what was changed is left out from
# the end, then facts.
function Write-AwResult {
    param([string]$Outcome, [AllowNull()][object]$Code, [string]$Message)
    $Line = New-Object 'System.Collections.Specialized.OrderedDictionary'
    $Line['aw'] = 1
    $Line['outcome'] = $Outcome
    $Line['code'] = $Code
    $Line['message'] = ConvertTo-AwText -Value $Message -Length 400
    $Changes = @($script:AwChanges.ToArray())
    $Line['changed'] = $Changes
    $Line['changedCount'] = $script:AwChangedCount
    $Line['facts'] = $script:AwFacts
    for ($Try = 0; $Try -lt 100; $Try++) {
        $Json = ConvertTo-Json -InputObject $Line -Compress -Depth 4
        $Ascii = [regex]::Replace($Json, '[^\x20-\x7e]', { param($Match) '\u{0:x4}' -f [int][char]$Match.Value })
        if ($Ascii.Length -le 3800) { break }
        if ($Changes.Count -gt 0) {
            $Changes = @($Changes | Select-Object -First ($Changes.Count - 1))
            $Line['changed'] = $Changes
        } elseif ($script:AwFacts.Count -gt 0) { $script:AwFacts.RemoveAt($script:AwFacts.Count - 1) } else { $Line['message'] = ConvertTo-AwText -Value $Message -Length 100 }
    }
    [Console]::Out.WriteLine('')
    [Console]::Out.WriteLine($Ascii)
    [Console]::Out.Flush()
}

# Whoever makes the key runs; everybody after ends here. The registry cannot tell who made a key, so a mutex makes looking and making one step.
function Start-AwRun {
    param([string]$Token)
    # A 32-bit PowerShell is shown another registry and another System32 than the machine's own.
    if ([Environment]::Is64BitOperatingSystem -and -not [Environment]::Is64BitProcess) {
        Write-AwResult -Outcome 'refused' -Code 'powershell_32_bit' -Message 'This 64-bit Windows was handed the command in a 32-bit PowerShell; nothing was done.'
        exit 3
    }
    $Culture = [System.Globalization.CultureInfo]::InvariantCulture
    $Base = 'HKLM:\SOFTWARE\AlertWhisperer\Runs'
    $Mutex = New-Object System.Threading.Mutex($false, 'Global\AlertWhispererRuns')
    $IsMine = $false
    try {
        $HasMutex = $false
        try { $HasMutex = $Mutex.WaitOne(30000) } catch [System.Threading.AbandonedMutexException] { $HasMutex = $true }
        if (-not $HasMutex) { throw 'another command holds the list of runs' }
        try {
            if (-not (Test-Path -LiteralPath $Base)) { $null = New-Item -Path $Base -Force }
            $Key = Join-Path -Path $Base -ChildPath $Token
            if (-not (Test-Path -LiteralPath $Key)) {
                $null = New-Item -Path $Key
                $null = New-ItemProperty -LiteralPath $Key -Name 'StartedAt' -PropertyType String -Value ([DateTime]::UtcNow.ToString('yyyyMMddHHmmss', $Culture))
                $IsMine = $true
            }
        } finally {
            $Mutex.ReleaseMutex()
        }
    } catch {
        Write-AwResult -Outcome 'refused' -Code 'no_run_key' -Message ('The list of runs in the registry cannot be written: ' + $_.Exception.Message)
        exit 3
    } finally {
        $Mutex.Dispose()
    }
    if (-not $IsMine) {
        Write-AwResult -Outcome 'repeated' -Code 'already_started' -Message 'This command was started on this machine before; nothing was done.'
        exit 4
    }
    $Oldest = [DateTime]::UtcNow.AddDays(-7).ToString('yyyyMMddHHmmss', $Culture)
    Get-ChildItem -LiteralPath $Base -ErrorAction SilentlyContinue | Select-Object -First 200 | ForEach-Object {
        $StartedAt = $_.GetValue('StartedAt')
        if (($null -ne $StartedAt) -and ([string]::CompareOrdinal([string]$StartedAt, $Oldest) -lt 0)) { Remove-Item -LiteralPath $_.PSPath -ErrorAction SilentlyContinue }
    }
}

# An empty value cannot be an environment variable on Windows: Get-AwInput gives it as it was sent.
function Set-AwInput {
    param([string]$Name, [string]$Encoded)
    $Value = [System.Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Encoded))
    $script:AwInputs[$Name] = $Value
    [Environment]::SetEnvironmentVariable($Name, $Value, 'Process')
}

function Get-AwInput {
    param([string]$Name)
    if (-not $script:AwInputs.ContainsKey($Name)) { Stop-AwRun -Code 'input_unknown' -Message "The script asks for an input that it was not given: $Name" }
    return [string]$script:AwInputs[$Name]
}

function Add-AwChange {
    param([string]$Text)
    $script:AwChangedCount++
    $Short = ConvertTo-AwText -Value $Text -Length 200
    $Used = 0
    foreach ($Change in $script:AwChanges) { $Used += $Change.Length }
    if (($script:AwChanges.Count -lt 50) -and (($Used + $Short.Length) -lt 1600)) { $script:AwChanges.Add($Short) }
}

function Set-AwFact {
    param([string]$Name, [AllowNull()][object]$Value)
    if (($script:AwFacts.Count -ge 40) -and (-not $script:AwFacts.Contains($Name))) { return }
    if (($Value -is [bool]) -or ($Value -is [int]) -or ($Value -is [long])) { $script:AwFacts[$Name] = $Value }
    elseif (($Value -is [double]) -or ($Value -is [single]) -or ($Value -is [decimal])) { $script:AwFacts[$Name] = [Math]::Round([double]$Value, 3) }
    else { $script:AwFacts[$Name] = ConvertTo-AwText -Value $Value -Length 200 }
}

function Complete-AwRun {
    param([string]$Message)
    Write-AwResult -Outcome 'ok' -Code $null -Message $Message
    exit 0
}

function Stop-AwRun {
    param([string]$Code, [string]$Message)
    Write-AwResult -Outcome 'failed' -Code $Code -Message $Message
    exit 1
}

# After a change it is a failure, whatever the script says.
function Deny-AwRun {
    param([string]$Code, [string]$Message)
    if ($script:AwChangedCount -gt 0) { Stop-AwRun -Code $Code -Message $Message }
    Write-AwResult -Outcome 'refused' -Code $Code -Message $Message
    exit 3
}
