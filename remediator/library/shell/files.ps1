# Removing files in folders that other people may write to, where a path can lead elsewhere a moment after it was looked at.

# What Remove-AwFile calls of Windows. It is compiled, which needs some room for temporary files: it fails on a disk that has none.
function Initialize-AwFiles {
    if ('AlertWhisperer.Files' -as [type]) { return }
    Add-Type -Namespace 'AlertWhisperer' -Name 'Files' -MemberDefinition @'
    [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
    public static extern Microsoft.Win32.SafeHandles.SafeFileHandle CreateFileW(string name, uint access, uint share, IntPtr security, uint disposition, uint flags, IntPtr template);
    [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
    public static extern uint GetFinalPathNameByHandleW(Microsoft.Win32.SafeHandles.SafeFileHandle file, System.Text.StringBuilder path, uint length, uint flags);
    [DllImport("kernel32.dll", SetLastError = true)]
    public static extern bool SetFileInformationByHandle(Microsoft.Win32.SafeHandles.SafeFileHandle file, int kind, ref byte information, uint length);
'@
}

# Removes one file that really lies at this full path: it is opened, Windows is asked where the opened file lies, and the opened file is removed, so nobody can put another in its place in
# between. False where it lies elsewhere, is in use, write-protected, a folder or gone. Initialize-AwFiles comes before it.
function Remove-AwFile {
    param([string]$Path)
    $Name = '\\?\' + $Path
    # Asked for: to delete and to read attributes, shared with nobody, what is there (3), and a link itself instead of where it leads.
    $Handle = [AlertWhisperer.Files]::CreateFileW($Name, 0x10080, 0, [IntPtr]::Zero, 3, 0x200000, [IntPtr]::Zero)
    if ($Handle.IsInvalid) { return $false }
    try {
        $Real = New-Object -TypeName System.Text.StringBuilder -ArgumentList 2048
        $Length = [AlertWhisperer.Files]::GetFinalPathNameByHandleW($Handle, $Real, 2048, 0)
        if (($Length -eq 0) -or ($Length -ge 2048) -or -not [string]::Equals($Real.ToString(), $Name, [StringComparison]::OrdinalIgnoreCase)) { return $false }
        $Delete = [byte]1
        # 4: what becomes of the file when it is closed.
        return [AlertWhisperer.Files]::SetFileInformationByHandle($Handle, 4, [ref]$Delete, 1)
    } finally {
        $Handle.Dispose()
    }
}
