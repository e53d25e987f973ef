//! Places in a sorted list, as clients carry them: opaque, of one sort, never trusted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use curtail_proto::links::v1::LinkSort;

use crate::limits;

/// The longest text of a cursor: a title in UTF-8 with the fixed parts, in base64.
const LONGEST: usize = (1 + 8 + limits::TITLE_CHARS * 4).div_ceil(3) * 4;

/// The sort key of a link; the link's id decides between equal keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The id itself carries the time of creation.
    Id,
    /// `updated_at` in microseconds since 1970.
    Updated(i64),
    /// The title.
    Title(String),
}

/// A place between two links of a sorted list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The sort that it belongs to.
    pub sort: LinkSort,
    /// The link's sort key.
    pub key: Key,
    /// The link's id.
    pub id: i64,
}

/// The text is no cursor, or one of another sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor does not belong to this list")]
pub struct InvalidCursor;

impl Cursor {
    /// The cursor as text.
    pub fn encode(&self) -> String {
        let mut bytes = vec![self.sort as u8];
        bytes.extend(self.id.to_be_bytes());
        match &self.key {
            Key::Id => {}
            Key::Updated(micros) => bytes.extend(micros.to_be_bytes()),
            Key::Title(title) => bytes.extend(title.as_bytes()),
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor that was made for `sort`.
    pub fn decode(text: &str, sort: LinkSort) -> Result<Self, InvalidCursor> {
        if text.len() > LONGEST {
            return Err(InvalidCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let (tag, rest) = bytes.split_first().ok_or(InvalidCursor)?;
        let (id, key) = rest.split_first_chunk::<8>().ok_or(InvalidCursor)?;
        if i32::from(*tag) != sort as i32 {
            return Err(InvalidCursor);
        }
        Ok(Self { sort, key: read_key(key, sort).ok_or(InvalidCursor)?, id: i64::from_be_bytes(*id) })
    }
}

fn read_key(bytes: &[u8], sort: LinkSort) -> Option<Key> {
    match sort {
        LinkSort::UpdatedDesc => Some(Key::Updated(i64::from_be_bytes(bytes.try_into().ok()?))),
        LinkSort::TitleAsc => {
            // PostgreSQL knows no NUL in text.
            let title = std::str::from_utf8(bytes).ok().filter(|title| !title.contains('\0'))?;
            Some(Key::Title(title.to_owned()))
        }
        _ => bytes.is_empty().then_some(Key::Id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        for (sort, key) in [
            (LinkSort::CreatedDesc, Key::Id),
            (LinkSort::CreatedAsc, Key::Id),
            (LinkSort::UpdatedDesc, Key::Updated(-5)),
            (LinkSort::TitleAsc, Key::Title("𝔘".repeat(limits::TITLE_CHARS))),
            (LinkSort::TitleAsc, Key::Title(String::new())),
        ] {
            let cursor = Cursor { sort, key, id: i64::MAX - 3 };
            assert_eq!(Cursor::decode(&cursor.encode(), sort), Ok(cursor));
        }
    }

    #[test]
    fn refuses_other_sorts_and_noise() {
        let cursor = Cursor { sort: LinkSort::CreatedDesc, key: Key::Id, id: 7 }.encode();
        for sort in [LinkSort::CreatedAsc, LinkSort::UpdatedDesc, LinkSort::TitleAsc] {
            assert_eq!(Cursor::decode(&cursor, sort), Err(InvalidCursor));
        }
        let long = "A".repeat(LONGEST + 1);
        for noise in ["", "AQ", "%", "' or 1=1 --", &cursor[1..], &format!("{cursor}AAAA"), &long] {
            assert_eq!(Cursor::decode(noise, LinkSort::CreatedDesc), Err(InvalidCursor), "{noise}");
        }
        let nul = Cursor { sort: LinkSort::TitleAsc, key: Key::Title("\0".to_owned()), id: 7 }.encode();
        assert_eq!(Cursor::decode(&nul, LinkSort::TitleAsc), Err(InvalidCursor));
    }
}
