//! A bucket of S3 and what speaks it. Files are put with `If-None-Match: *`, and the pointer is replaced with `If-Match`.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{Error, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion};
use tokio::runtime::Runtime;

use super::http::Connector;
use super::{Place, Put};
use crate::export::staged::Hashed;
use crate::secret::Secret;
use crate::vault::Vault;

/// A file goes out and comes in in pieces of this size.
const PIECE: u64 = 4 * 1024 * 1024;

pub struct Bucket {
    store: Arc<AmazonS3>,
    folder: String,
    runtime: Runtime,
}

impl Bucket {
    /// Keys come from secrets (`aws_access_key_id`, `aws_secret_access_key`, `aws_session_token`), else as every client of AWS
    /// finds them: `AWS_…` in the environment, web identity, the role of the container or of the machine.
    pub fn open(name: &str, folder: &str, vault: &Vault) -> Result<Bucket, String> {
        let token = |name: &str| match vault.secret(name) {
            Some(Secret::Token(token)) => Some(token.text().to_owned()),
            _ => None,
        };
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(name).with_http_connector(Connector);
        if let Some(value) = token("aws_access_key_id") {
            builder = builder.with_access_key_id(value);
        }
        if let Some(value) = token("aws_secret_access_key") {
            builder = builder.with_secret_access_key(value);
        }
        if let Some(value) = token("aws_session_token") {
            builder = builder.with_token(value);
        }
        let store = builder.build().map_err(|error| format!("the bucket {name}: {error}"))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| format!("the bucket {name}: {error}"))?;
        Ok(Bucket { store: Arc::new(store), folder: folder.trim_matches('/').to_owned(), runtime })
    }

    fn path(&self, path: &str) -> Result<Path, String> {
        let whole = if self.folder.is_empty() { path.to_owned() } else { format!("{}/{path}", self.folder) };
        Path::parse(&whole).map_err(|error| error.to_string())
    }

    /// The hash of what is there.
    fn hash(&self, path: &str) -> Result<Option<String>, String> {
        let fetched = self.copy(path, &mut std::io::sink())?;
        Ok(fetched.map(|(_, sha256)| sha256))
    }

    fn copy(&self, path: &str, into: &mut dyn std::io::Write) -> Result<Option<(i64, String)>, String> {
        let place = self.path(path)?;
        let size = match self.runtime.block_on(self.store.head(&place)) {
            Ok(about) => about.size,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let mut hashed = Hashed::new(into);
        let mut start = 0;
        while start < size {
            let end = size.min(start + PIECE);
            let piece =
                self.runtime.block_on(self.store.get_range(&place, start..end)).map_err(|error| error.to_string())?;
            hashed.write_all(&piece).map_err(|error| error.to_string())?;
            start = end;
        }
        let (_, bytes, sha256) = hashed.finish();
        Ok(Some((bytes, sha256)))
    }
}

impl Place for Bucket {
    fn put(&self, path: &str, file: &mut File, sha256: &str) -> Result<Put, String> {
        let payload = payload(file).map_err(|error| format!("{path}: {error}"))?;
        let create = PutOptions::from(PutMode::Create);
        match self.runtime.block_on(self.store.put_opts(&self.path(path)?, payload, create)) {
            Ok(_) => Ok(Put::Written),
            // The answer to a request that is repeated says this of what the first one wrote.
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => match self.hash(path)? {
                Some(found) if found == sha256 => Ok(Put::Equal),
                Some(_) => Ok(Put::Different),
                None => Err(format!("{path} was there and is gone; start again")),
            },
            Err(error) => Err(error.to_string()),
        }
    }

    fn has(&self, path: &str) -> Result<bool, String> {
        match self.runtime.block_on(self.store.head(&self.path(path)?)) {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.to_string()),
        }
    }

    fn read(&self, path: &str) -> Result<Option<(Vec<u8>, Option<String>)>, String> {
        let place = self.path(path)?;
        let read = self.runtime.block_on(async {
            let found = self.store.get(&place).await?;
            let mark = found.meta.e_tag.clone();
            Ok((found.bytes().await?.to_vec(), mark))
        });
        match read {
            Ok(read) => Ok(Some(read)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn swap(&self, path: &str, mark: Option<&str>, content: &[u8]) -> Result<bool, String> {
        let mode = match mark {
            Some(mark) => PutMode::Update(UpdateVersion { e_tag: Some(mark.to_owned()), version: None }),
            None => PutMode::Create,
        };
        let payload = PutPayload::from(Bytes::copy_from_slice(content));
        match self.runtime.block_on(self.store.put_opts(&self.path(path)?, payload, PutOptions::from(mode))) {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(error.to_string()),
        }
    }

    fn fetch(&self, path: &str, into: &mut File) -> Result<Option<(i64, String)>, String> {
        self.copy(path, into)
    }

    fn list(&self) -> Result<Vec<String>, String> {
        let prefix = if self.folder.is_empty() {
            None
        } else {
            Some(Path::parse(&self.folder).map_err(|error| error.to_string())?)
        };
        let found: Vec<_> =
            self.runtime.block_on(self.store.list(prefix.as_ref()).try_collect()).map_err(|error| error.to_string())?;
        let below = if self.folder.is_empty() { String::new() } else { format!("{}/", self.folder) };
        let mut paths: Vec<String> = found
            .iter()
            .filter_map(|about: &object_store::ObjectMeta| about.location.as_ref().strip_prefix(&below))
            .map(str::to_owned)
            .collect();
        paths.sort();
        Ok(paths)
    }

    fn remove(&self, path: &str) -> Result<(), String> {
        match self.runtime.block_on(self.store.delete(&self.path(path)?)) {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn payload(file: &mut File) -> std::io::Result<PutPayload> {
    file.seek(SeekFrom::Start(0))?;
    let mut pieces = Vec::new();
    loop {
        let mut piece = Vec::new();
        (&mut *file).take(PIECE).read_to_end(&mut piece)?;
        if piece.is_empty() {
            return Ok(pieces.into_iter().collect());
        }
        pieces.push(Bytes::from(piece));
    }
}
