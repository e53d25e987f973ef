-- What the clicks of a link (or of a whole workspace: link_id 0) in a day of UTC were like: for each dimension the values that
-- were clicked most, packed (src/fold/packed.rs). A day has one row, so that a year of a link is a few hundred rows however
-- many values it had; a column that is long lies outside of the row and is read only when it is asked for.

-- The sums of the day.
CREATE TABLE dimension_days (
    workspace_id bigint NOT NULL,
    link_id      bigint NOT NULL,
    day          date   NOT NULL,
    country      bytea  NOT NULL,
    region       bytea  NOT NULL,
    city         bytea  NOT NULL,
    device       bytea  NOT NULL,
    os           bytea  NOT NULL,
    browser      bytea  NOT NULL,
    referrer     bytea  NOT NULL,
    channel      bytea  NOT NULL,
    utm_source   bytea  NOT NULL,
    utm_medium   bytea  NOT NULL,
    utm_campaign bytea  NOT NULL,
    utm_term     bytea  NOT NULL,
    utm_content  bytea  NOT NULL,
    language     bytea  NOT NULL,
    trigger      bytea  NOT NULL,
    link         bytea  NOT NULL,
    PRIMARY KEY (workspace_id, link_id, day)
);

-- The same hour by hour, for fewer values; kept as long as raw clicks.
CREATE TABLE dimension_hours (
    workspace_id bigint NOT NULL,
    link_id      bigint NOT NULL,
    day          date   NOT NULL,
    country      bytea  NOT NULL,
    region       bytea  NOT NULL,
    city         bytea  NOT NULL,
    device       bytea  NOT NULL,
    os           bytea  NOT NULL,
    browser      bytea  NOT NULL,
    referrer     bytea  NOT NULL,
    channel      bytea  NOT NULL,
    utm_source   bytea  NOT NULL,
    utm_medium   bytea  NOT NULL,
    utm_campaign bytea  NOT NULL,
    utm_term     bytea  NOT NULL,
    utm_content  bytea  NOT NULL,
    language     bytea  NOT NULL,
    trigger      bytea  NOT NULL,
    link         bytea  NOT NULL,
    PRIMARY KEY (workspace_id, link_id, day)
);

CREATE INDEX dimension_hours_day ON dimension_hours USING brin (day) WITH (autosummarize = on);
