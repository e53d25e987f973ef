//! Enums of the schema that mirror those of the contracts.

/// Both conversions between an enum of the schema and its counterpart in `proto`. `UNSPECIFIED`, which no service sends and
/// clients never see, is read as the fallback: the value that promises least.
macro_rules! mirror {
    ($ours:ident, $theirs:path, $fallback:ident, [$($variant:ident),+ $(,)?]) => {
        impl From<$ours> for $theirs {
            fn from(value: $ours) -> Self {
                match value {
                    $($ours::$variant => Self::$variant,)+
                }
            }
        }

        impl From<$theirs> for $ours {
            fn from(value: $theirs) -> Self {
                use $theirs as Theirs;
                match value {
                    $(Theirs::$variant => Self::$variant,)+
                    Theirs::Unspecified => Self::$fallback,
                }
            }
        }
    };
}
