"""Witnesses (C2SP tlog-witness): a member organisation's service that vouches for the growth of logs.

``record`` keeps, for each log, the largest head that was cosigned, and moves it in one atomic step;
``service`` decides on a request as the specification says; ``application`` is its HTTP form; ``client``
asks witnesses; ``monitor`` follows logs and raises alarms.
"""
