//! A folder. A file is written under another name, brought to the disk, and then linked, which overwrites nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Place, Put};
use crate::export::manifest::hexadecimal;
use crate::export::staged::Hashed;
use sha2::{Digest as _, Sha256};

/// Where files are written before they have their names. No reader looks here.
const STAGING: &str = "_staging";
/// What a courier that was killed left there is removed after this long.
const STALE: Duration = Duration::from_secs(3600);

pub struct Folder {
    root: PathBuf,
}

impl Folder {
    pub fn open(root: &str) -> Folder {
        Folder { root: PathBuf::from(root) }
    }

    fn told(&self, path: &str, error: &io::Error) -> String {
        format!("{}: {error}", self.root.join(path).display())
    }

    /// A file of the staging place with this content, on the disk.
    fn stage(&self, content: &mut dyn io::Read) -> io::Result<PathBuf> {
        let staging = self.root.join(STAGING);
        make_folder(&staging)?;
        let staged = staging.join(format!("{}.part", std::process::id()));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&staged)?;
        io::copy(content, &mut file)?;
        file.sync_all()?;
        Ok(staged)
    }

    fn put_file(&self, path: &str, file: &mut File, sha256: &str) -> io::Result<Put> {
        let target = self.root.join(path);
        let folder = target.parent().unwrap_or(&self.root);
        make_folder(folder)?;
        file.seek(SeekFrom::Start(0))?;
        let staged = self.stage(file)?;
        let put = match fs::hard_link(&staged, &target) {
            Ok(()) => Put::Written,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if hash(&target)? == sha256 {
                    Put::Equal
                } else {
                    Put::Different
                }
            }
            Err(error) => return Err(error),
        };
        fs::remove_file(&staged)?;
        sync(folder)?;
        Ok(put)
    }

    fn swap_file(&self, path: &str, mark: Option<&str>, content: &[u8]) -> io::Result<bool> {
        let target = self.root.join(path);
        let folder = target.parent().unwrap_or(&self.root);
        make_folder(folder)?;
        make_folder(&self.root.join(STAGING))?;
        // Another courier that replaces it at this moment waits here.
        let lock =
            OpenOptions::new().write(true).create(true).truncate(false).open(self.root.join(STAGING).join("lock"))?;
        lock.lock()?;
        if self.mark(path)?.as_deref() != mark {
            return Ok(false);
        }
        let staged = self.stage(&mut &*content)?;
        fs::rename(&staged, &target)?;
        sync(folder)?;
        Ok(true)
    }

    fn mark(&self, path: &str) -> io::Result<Option<String>> {
        match fs::read(self.root.join(path)) {
            Ok(bytes) => Ok(Some(hexadecimal(&Sha256::digest(&bytes)))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list_below(&self, folder: &Path, found: &mut Vec<String>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                if path != self.root.join(STAGING) {
                    self.list_below(&path, found)?;
                }
            } else if let Some(path) = path.strip_prefix(&self.root).ok().and_then(Path::to_str) {
                found.push(path.to_owned());
            }
        }
        Ok(())
    }

    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join(STAGING))? {
            let entry = entry?;
            let age = SystemTime::now().duration_since(entry.metadata()?.modified()?).unwrap_or_default();
            if age > STALE && entry.path().extension().is_some_and(|extension| extension == "part") {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Place for Folder {
    fn put(&self, path: &str, file: &mut File, sha256: &str) -> Result<Put, String> {
        // What cannot be swept now is swept another time.
        let _ = self.sweep();
        self.put_file(path, file, sha256).map_err(|error| self.told(path, &error))
    }

    fn has(&self, path: &str) -> Result<bool, String> {
        self.root.join(path).try_exists().map_err(|error| self.told(path, &error))
    }

    fn read(&self, path: &str) -> Result<Option<(Vec<u8>, Option<String>)>, String> {
        match fs::read(self.root.join(path)) {
            Ok(bytes) => {
                let mark = hexadecimal(&Sha256::digest(&bytes));
                Ok(Some((bytes, Some(mark))))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.told(path, &error)),
        }
    }

    fn swap(&self, path: &str, mark: Option<&str>, content: &[u8]) -> Result<bool, String> {
        self.swap_file(path, mark, content).map_err(|error| self.told(path, &error))
    }

    fn fetch(&self, path: &str, into: &mut File) -> Result<Option<(i64, String)>, String> {
        let mut file = match File::open(self.root.join(path)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.told(path, &error)),
        };
        let mut hashed = Hashed::new(into);
        io::copy(&mut file, &mut hashed).and_then(|_| hashed.flush()).map_err(|error| self.told(path, &error))?;
        let (_, bytes, sha256) = hashed.finish();
        Ok(Some((bytes, sha256)))
    }

    fn list(&self) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        match self.list_below(&self.root, &mut found) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(self.told("", &error)),
            _ => found.sort(),
        }
        Ok(found)
    }

    fn remove(&self, path: &str) -> Result<(), String> {
        match fs::remove_file(self.root.join(path)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.told(path, &error)),
            _ => Ok(()),
        }
    }
}

/// A folder, with its names on the disk.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    folder.parent().map_or(Ok(()), sync)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?.sync_all()
}

fn hash(path: &Path) -> io::Result<String> {
    let mut hashed = Hashed::new(io::sink());
    io::copy(&mut File::open(path)?, &mut hashed)?;
    Ok(hashed.finish().2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::staged::temporary;

    fn with(content: &[u8]) -> (File, String) {
        let mut hashed = Hashed::new(temporary().unwrap());
        hashed.write_all(content).unwrap();
        let (file, _, sha256) = hashed.finish();
        (file, sha256)
    }

    fn folder(name: &str) -> Folder {
        let root = std::env::temp_dir().join(format!("telemetry-courier-test-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        Folder { root }
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = folder("put");
        let (mut first, hash) = with(b"first");
        let (mut second, other) = with(b"second");
        assert_eq!(folder.put("day=2026-11-28/a.parquet", &mut first, &hash), Ok(Put::Written));
        assert_eq!(folder.put("day=2026-11-28/a.parquet", &mut first, &hash), Ok(Put::Equal));
        assert_eq!(folder.put("day=2026-11-28/a.parquet", &mut second, &other), Ok(Put::Different));
        assert_eq!(folder.read("day=2026-11-28/a.parquet").unwrap().unwrap().0, b"first");
        assert_eq!(folder.list().unwrap(), ["day=2026-11-28/a.parquet"]);
        fs::remove_dir_all(&folder.root).unwrap();
    }

    #[test]
    fn a_document_is_replaced_by_who_knows_it() {
        let folder = folder("swap");
        assert_eq!(folder.read("l.json"), Ok(None));
        assert_eq!(folder.swap("l.json", None, b"1"), Ok(true));
        assert_eq!(folder.swap("l.json", None, b"2"), Ok(false));
        let (content, mark) = folder.read("l.json").unwrap().unwrap();
        assert_eq!(content, b"1");
        assert_eq!(folder.swap("l.json", mark.as_deref(), b"2"), Ok(true));
        assert_eq!(folder.swap("l.json", mark.as_deref(), b"3"), Ok(false));
        fs::remove_dir_all(&folder.root).unwrap();
    }
}
