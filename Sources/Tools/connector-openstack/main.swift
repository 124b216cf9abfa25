// The connector begins here.
