#pragma once
int qd_placeholder(void);
