%% Appups that somebody wrote by hand, read as OTP reads them, and put where systools and the bundle take them from.
-module(hot_deploy_appup).
-export([place/1]).

%% Where the image's own ones are kept, once another has taken their place.
-define(KEPT, "/hot-deploy/appups").

-type request() :: #{
    application := string(), from := string(), to := string(),
    %% The directory of the new version's beams, and whether the image has an appup there.
    ebin := string(), image := boolean(),
    %% A file that takes its place.
    given := string() | none
}.

%% Answers for each application what kind its appup is: none, usable, missing (not for this way) or unreadable.
-spec place(#{path := [string()], applications := [request()]}) -> hot_deploy_json:json().
place(#{path := Wildcards, applications := Requests}) ->
    %% systools_relup is part of the release (sasl) and lies on no path of a VM that booted start_clean.
    ok = code:add_pathsz(lists:append([filelib:wildcard(Wildcard) || Wildcard <- Wildcards])),
    [(judged(Request))#{application => text(Name)} || #{application := Name} = Request <- Requests].

judged(#{from := From, to := To} = Request) ->
    case placed(Request) of
        none ->
            #{kind => none};
        File ->
            try judge(file:consult(File), From, To)
            catch
                %% A version may be a regular expression, and that may be none.
                error:badarg -> unreadable("a version in it is no regular expression")
            end
    end.

placed(#{application := Name, to := To, ebin := Ebin, image := Image, given := Given}) ->
    File = filename:join(Ebin, Name ++ ".appup"),
    Kept = filename:join(?KEPT, Name ++ "-" ++ To ++ ".appup"),
    _ = Image andalso not filelib:is_regular(Kept) andalso copy(File, Kept),
    case {Given, Image} of
        {none, false} -> none;
        {none, true} -> copy(Kept, File);
        {Given, _} -> copy(Given, File)
    end.

copy(From, To) ->
    ok = filelib:ensure_dir(To),
    {ok, _} = file:copy(From, To),
    To.

judge({ok, [{Version, Up, Down}]}, From, To) ->
    case {is_version(Version), is_scripts(Up), is_scripts(Down)} of
        {true, true, true} when Version =/= To ->
            missing(io_lib:format("it is for version ~ts", [Version]));
        {true, true, true} ->
            case [Way || {Way, Scripts} <- [{"up from", Up}, {"down to", Down}],
                         systools_relup:appup_search_for_version(From, Scripts) =:= error] of
                [] -> #{kind => usable};
                Ways -> missing(["it has no entry for the way ", lists:join(" and ", Ways), " ", From])
            end;
        _ ->
            unshaped()
    end;
judge({ok, [_]}, _, _) -> unshaped();
judge({ok, Terms}, _, _) -> unreadable(io_lib:format("it holds ~b terms instead of one", [length(Terms)]));
judge({error, Reason}, _, _) -> unreadable(file:format_error(Reason)).

is_scripts(Scripts) ->
    is_list(Scripts) andalso
        lists:all(fun({Version, Script}) -> (is_binary(Version) orelse is_version(Version)) andalso is_list(Script);
                     (_) -> false
                  end, Scripts).

is_version(Version) -> io_lib:printable_unicode_list(Version) andalso Version =/= "".

unshaped() -> unreadable("it is not {Version, [{From, Instructions}], [{From, Instructions}]}").

missing(Why) -> #{kind => missing, why => text(Why)}.

unreadable(Why) -> #{kind => unreadable, why => text(Why)}.

text(Characters) -> unicode:characters_to_binary(Characters).
