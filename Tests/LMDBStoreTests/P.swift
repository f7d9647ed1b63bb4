import LMDBStore
